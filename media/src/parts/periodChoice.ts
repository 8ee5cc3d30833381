import { type Period, periodProblem, rangeOf } from '../../../src/core/period';
import { fieldTime } from '../../../src/core/shownTime';
import { element } from './host';

const IDS = ['period', 'from', 'to'] as const;

/** The choice of a period, with two fields of local time; src/views/periodMarkup.ts has its markup and its words. */
export class PeriodChoice {
  readonly #select = element('period') as HTMLSelectElement;
  readonly #from = element('from') as HTMLInputElement;
  readonly #to = element('to') as HTMLInputElement;
  #word: (key: string) => string = (key) => key;
  #last: Period['name'];

  /** @param onChange called with each valid choice of the user */
  constructor(first: Period['name'], onChange: (period: Period) => void) {
    this.#select.value = this.#last = first;
    this.#select.addEventListener('change', () => this.#begin());
    for (const id of IDS) {
      element(id).addEventListener('change', () => {
        const period = this.value;
        if (period) onChange(period);
      });
    }
  }

  /** Writes the texts. */
  label(word: (key: string) => string): void {
    this.#word = word;
    for (const id of IDS) element(id).setAttribute('aria-label', word(id));
    for (const option of this.#select.options) {
      option.textContent = word(`period-${option.value}`);
    }
    this.#check();
  }

  /** The choice; undefined while the times are not valid, and the page says why. */
  get value(): Period | undefined {
    const name = this.#select.value as Period['name'];
    const times = this.#check();
    return times && { name, ...(name === 'between' ? times : {}) };
  }

  /** Shows a choice that was made before the page was loaded. */
  set value(period: Period | undefined) {
    if (!period) return;
    this.#select.value = this.#last = period.name;
    this.#from.value = period.from === undefined ? '' : fieldTime(period.from);
    this.#to.value = period.to === undefined ? '' : fieldTime(period.to);
    this.#check();
  }

  /** Applies another choice of the period: "between" begins with the previous period. */
  #begin(): void {
    const name = this.#select.value as Period['name'];
    if (name === 'between' && this.#from.value === '' && this.#to.value === '') {
      const { from } = rangeOf({ name: this.#last }, Date.now());
      if (from !== undefined) this.#from.value = fieldTime(from);
    }
    this.#last = name;
  }

  /** Shows the fields and what is wrong with them. Returns the times if they are valid. */
  #check(): Pick<Period, 'from' | 'to'> | undefined {
    const isBetween = this.#select.value === 'between';
    element('between').hidden = !isBetween;
    const [from, to] = [timeIn(this.#from), timeIn(this.#to)];
    const times = {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    };
    const problem = isBetween ? periodProblem(times) : undefined;
    for (const field of [this.#from, this.#to]) {
      field.setAttribute('aria-invalid', String(problem !== undefined));
    }
    const said = problem === undefined ? '' : this.#word(`problem-${problem}`);
    // An alert is read out when its text changes.
    if (element('periodProblem').textContent !== said) element('periodProblem').textContent = said;
    return problem === undefined ? times : undefined;
  }
}

/** Returns the time of a field; undefined if it is empty, NaN if it is not complete. */
function timeIn({ value, validity }: HTMLInputElement): number | undefined {
  if (validity.badInput) return NaN;
  return value === '' ? undefined : Date.parse(value);
}
