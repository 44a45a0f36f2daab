"""Names the module whose contents `import metaflow` offers too."""

toplevel = "wandb_log_toplevel"
