import type { VariableDecision } from '../domain/decision.js';
import type { Encoding } from '../domain/encoding.js';
import { SidecarError } from '../domain/errors.js';
import type { PayloadIntake } from './payload-intake.js';

/** The payloads that a plan asks for and that are yet to come. */
export class PlannedPayloads {
  private readonly awaited = new Map<string, PayloadIntake>();
  private readonly choices = new Map<string, readonly Encoding[]>();

  /** @param lenient true: what was not asked for is passed over; nobody could ask when it was sent */
  constructor(
    decisions: readonly VariableDecision[],
    intakeOf: (variable: string) => PayloadIntake,
    private readonly lenient: boolean,
  ) {
    for (const { action, name, choices } of decisions) {
      if (action !== 'artifact') continue;
      this.awaited.set(name, intakeOf(name));
      this.choices.set(
        name,
        choices.map(({ encoding }) => encoding),
      );
    }
  }

  /**
   * Where a message about a payload goes; null: it is passed over.
   *
   * @param encoding null: the message has none
   * @throws SidecarError `out-of-order` where no payload of the variable is due, `malformed` where none in this encoding
   */
  due(variable: string, encoding: Encoding | null, message: string): PayloadIntake | null {
    const intake = this.awaited.get(variable);
    const isAskedFor = encoding === null || this.choices.get(variable)?.includes(encoding);
    if (intake && isAskedFor) return intake;
    if (this.lenient) return null;
    if (intake)
      throw new SidecarError(
        'malformed',
        `variable ${variable} came as ${encoding}, which was not asked for`,
      );
    throw new SidecarError('out-of-order', `${message} for variable ${variable}, of which no payload is due`);
  }

  /** The payload has come, or will not. */
  settle(variable: string): void {
    this.awaited.delete(variable);
  }

  /** Drops what has not come whole. */
  async reset(): Promise<void> {
    for (const intake of this.awaited.values()) await intake.reset();
  }
}
