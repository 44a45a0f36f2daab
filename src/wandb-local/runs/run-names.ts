import { randomInt } from 'node:crypto';

const adjectives =
  'amber brisk calm daring eager fabled gentle hidden ivory jolly keen lucid mellow noble quiet rustic silver tidal vivid wild'.split(
    ' ',
  );
const nouns =
  'aspen brook canyon delta ember fjord glade harbor island jungle knoll lagoon meadow nebula orchard prairie reef summit thicket valley'.split(
    ' ',
  );

/** A display name for a run that was given none: two words and its number in the project. */
export function randomRunName(number: number): string {
  return `${adjectives[randomInt(adjectives.length)]}-${nouns[randomInt(nouns.length)]}-${number}`;
}
