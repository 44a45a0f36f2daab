# syntax=docker/dockerfile:1
# Two images from one file, installed by the same script as a plain machine:
#   sidecar  Node.js with the compiled sidecar, Python with W&B's client
#   example  Python with Metaflow, the shim and the example flows

ARG NODE_IMAGE=node:20-bookworm-slim
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# --- compiles src/ to dist/ -------------------------------------------------
FROM ${NODE_IMAGE} AS build
WORKDIR /opt/metaflow-wandb
COPY package.json package-lock.json ./
COPY scripts/install.sh scripts/
RUN scripts/install.sh build
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.sh scripts/
COPY proto proto
COPY src src
RUN scripts/build.sh

# --- the sidecar ------------------------------------------------------------
FROM ${NODE_IMAGE} AS sidecar
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --create-home --home-dir /data --shell /usr/sbin/nologin sidecar
WORKDIR /opt/metaflow-wandb
COPY package.json package-lock.json ./
COPY requirements requirements
COPY scripts/install.sh scripts/
RUN scripts/install.sh runtime && npm cache clean --force
COPY proto proto
COPY --from=build /opt/metaflow-wandb/dist dist
RUN ln -s /opt/metaflow-wandb/dist/main.js /usr/local/bin/metaflow-wandb

# Everything that is written goes to /data and /tmp: the root file system may be read-only.
USER 10001:10001
ENV HOME=/data \
    METAFLOW_WANDB_SERVE_DATA_DIR=/data/sidecar \
    METAFLOW_WANDB_SERVE_GRPC=0.0.0.0:50051 \
    METAFLOW_WANDB_SERVE_HTTP=0.0.0.0:8080 \
    METAFLOW_WANDB_SERVE_WANDB_LOCAL=127.0.0.1:8081
VOLUME ["/data"]
EXPOSE 50051 8080 8081
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s --retries=5 \
    CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node.js itself is the first process and handles SIGTERM: it stops taking in, settles what is under way, and ends.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/opt/metaflow-wandb/dist/main.js"]
CMD ["serve"]

# --- a machine that runs flows ----------------------------------------------
FROM ${PYTHON_IMAGE} AS example
RUN useradd --uid 10002 --user-group --create-home flow
WORKDIR /opt/metaflow-wandb
COPY requirements requirements
COPY python_shim python_shim
COPY scripts/install.sh scripts/
RUN scripts/install.sh flows
COPY examples examples
USER 10002:10002
# Metaflow wants a user's name, and a place for its data.
ENV PATH=/opt/metaflow-wandb/.venv/bin:$PATH \
    METAFLOW_USER=flow \
    METAFLOW_DATASTORE_SYSROOT_LOCAL=/home/flow
WORKDIR /home/flow
CMD ["python", "/opt/metaflow-wandb/examples/step_decorated_flow.py", "--no-pylint", "run"]
