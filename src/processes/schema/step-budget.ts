import { _, Name, type Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

/** In what ajv makes of a schema: the errors of the function so far. */
const ERRORS = new Name('vErrors');

/** Stands in every schema that takes part in the budget. */
export const STEP = 'x-step';

/** Schemas that one value is compared with, whatever its size; and beside them for each of its parts. */
const STEPS = 1_000_000;
const STEPS_OF_A_PART = 50;
/** Schemas that a value is compared with to list what is wrong with it: each may say several faults, which take memory. */
const STEPS_OF_LISTING = 20_000;

/** The validation was stopped. @param errors what was found by then, where they are known to count */
export class Stopped extends Error {
  constructor(readonly errors: readonly ErrorObject[] | null) {
    super('The validation was stopped.');
  }
}

/**
 * Counts comparisons of a part of a value with a schema, and stops the validation where there are too many: schemas that refer to
 * themselves may take a time that doubles with every level of the value, and lists of faults would fill the memory.
 */
export class StepBudget {
  private left = Infinity;
  private mostErrors = Infinity;

  /** Schemas that ajv compiles afterwards count where they hold {@link STEP}. */
  addTo(ajv: Ajv2020): void {
    ajv.addKeyword({
      keyword: STEP,
      before: '$ref',
      code: ({ gen, it, schema }) => {
        const budget = gen.scopeValue('obj', { ref: this });
        // Errors inside an alternative, or of a schema that may stand in one, count only where the whole alternative fails.
        const counts = schema === 'counts' && !it.compositeRule && it.schemaEnv === it.schemaEnv.root;
        const errors = counts ? ERRORS : _`null`;
        gen.code(_`${budget}.step(${errors});`);
      },
    });
  }

  /** Validates within what a value of so many parts may cost. @throws Stopped */
  validating<T>(parts: number, stepsOfAPart: number, validate: () => T): T {
    return this.within(STEPS + parts * Math.max(STEPS_OF_A_PART, stepsOfAPart), Infinity, validate);
  }

  /** Lists about so many errors. @throws Stopped */
  listing<T>(mostErrors: number, list: () => T): T {
    return this.within(STEPS_OF_LISTING, mostErrors, list);
  }

  /** Called by what ajv compiles. */
  step(errors: ErrorObject[] | null): void {
    this.left -= 1;
    if (this.left >= 0 && (errors === null || errors.length <= this.mostErrors)) return;
    throw new Stopped(errors);
  }

  private within<T>(steps: number, mostErrors: number, work: () => T): T {
    this.left = steps;
    this.mostErrors = mostErrors;
    try {
      return work();
    } finally {
      this.left = Infinity;
      this.mostErrors = Infinity;
    }
  }
}
