/**
 * Prints the Python form of the classification table, for the answers that
 * `wandb_track` and `wandb_use` give without a sidecar.
 */

import { CLASS_RULES } from '../src/domain/classify.js';

const text = (value: string | null) => (value === null ? 'None' : JSON.stringify(value));

const rows = CLASS_RULES.map(
  (rule) =>
    `    ClassRule(\n` +
    `        ${text(rule.valueClass)},\n` +
    `        ${text(rule.needs)},\n` +
    `        (${rule.typeNames.map((name) => `\n            ${text(name)},`).join('')}${rule.typeNames.length ? '\n        ' : ''}),\n` +
    `        ${text(rule.trackAnswer)},\n` +
    `        ${text(rule.useAnswer)},\n` +
    `        (${rule.encodings.map((encoding) => `${text(encoding)},`).join(' ')}),\n` +
    `    ),\n`,
).join('');

process.stdout.write(`"""The classification table. Generated from src/domain/classify.ts; do not edit."""

# ruff: noqa
from __future__ import annotations

from typing import NamedTuple


class ClassRule(NamedTuple):
    """One row; see \`ClassRule\` in src/domain/classify.ts."""

    value_class: str
    needs: str | None
    type_names: tuple[str, ...]
    track_answer: str
    use_answer: str | None
    encodings: tuple[str, ...]


CLASS_RULES: tuple[ClassRule, ...] = (
${rows})
`);
