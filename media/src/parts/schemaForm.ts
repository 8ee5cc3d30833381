import { make, optionOf } from './host';

/** The part of a JSON Schema that the form understands. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
  readonly anyOf?: readonly Schema[];
}

/** A control for a value. `read` returns undefined for an empty control. */
export interface Field {
  readonly element: HTMLElement;
  /**
   * Returns the input as a value.
   * @throws Error with a message for the user if the input is not valid
   */
  read(): unknown;
  write(value: unknown): void;
}

export interface FormContext {
  readonly word: (key: string) => string;
  readonly changed: () => void;
}

/** Returns a value's schema without null, which stands for the default. */
export function innerOf(schema: Schema): Schema {
  const { anyOf } = schema;
  if (!anyOf?.some((s) => s.type === 'null')) return schema;
  return anyOf.find((s) => s.type !== 'null') ?? schema;
}

/** Creates the control for a schema. `label` names it for screen readers: `wifi: ssid`. */
export function fieldOf(given: Schema, label: string, context: FormContext): Field {
  const schema = innerOf(given);
  if (schema.anyOf) return textField(schema, label, context, parserOf(schema.anyOf));
  if (schema.enum) return choiceField(schema.enum.map(String), label, context, (text) => text);
  switch (schema.type) {
    case 'integer':
      return numberField(schema, label, context);
    case 'boolean':
      return choiceField(['true', 'false'], label, context, (text) => text === 'true');
    case 'array':
      return schema.items?.type === 'object'
        ? rowsField(schema.items, label, context)
        : listField(label, context);
    case 'object':
      return schema.properties
        ? groupField(schema.properties, label, context)
        : jsonField(label, context);
    default:
      return textField(schema, label, context, (text) => text);
  }
}

/**
 * Returns a parser for a value. If it may be a number or `false` as well as a text, it keeps its
 * type, as in a document.
 */
function parserOf(kinds: readonly Schema[]): (text: string) => unknown {
  const mayBeNumber = kinds.some((kind) => kind.type === 'integer');
  const mayBeFalse = kinds.some((kind) => kind.enum?.includes(false));
  return (text) => {
    if (mayBeNumber && /^\d+$/.test(text)) return Number(text);
    return mayBeFalse && text === 'false' ? false : text;
  };
}

function inputOf(type: string, label: string, { changed }: FormContext): HTMLInputElement {
  const input = make('input') as HTMLInputElement;
  input.type = type;
  input.setAttribute('aria-label', label);
  input.addEventListener('input', changed);
  return input;
}

function textField(
  schema: Schema,
  label: string,
  context: FormContext,
  parse: (text: string) => unknown,
): Field {
  const input = inputOf('text', label, context);
  if (schema.pattern?.includes('{secret:')) input.placeholder = '{secret:NAME}';
  return {
    element: input,
    read: () => (input.value === '' ? undefined : parse(input.value)),
    write: (value) => (input.value = plain(value)),
  };
}

function numberField(schema: Schema, label: string, context: FormContext): Field {
  const input = inputOf('number', label, context);
  if (schema.minimum !== undefined) input.min = String(schema.minimum);
  if (schema.maximum !== undefined) input.max = String(schema.maximum);
  return {
    element: input,
    read: () => (input.value === '' ? undefined : Number(input.value)),
    write: (value) => (input.value = plain(value)),
  };
}

function choiceField(
  values: readonly string[],
  label: string,
  { word, changed }: FormContext,
  parse: (text: string) => unknown,
): Field {
  const select = make('select') as HTMLSelectElement;
  select.setAttribute('aria-label', label);
  const words: Readonly<Record<string, string>> = { true: word('yes'), false: word('no') };
  for (const value of ['', ...values]) {
    const shown = value === '' ? word('unset') : (words[value] ?? value);
    select.append(optionOf(value, shown));
  }
  select.addEventListener('change', changed);
  return {
    element: select,
    read: () => (select.value === '' ? undefined : parse(select.value)),
    write: (value) => (select.value = plain(value)),
  };
}

function listField(label: string, context: FormContext): Field {
  const input = inputOf('text', label, context);
  input.placeholder = context.word('list');
  return {
    element: input,
    read: () =>
      input.value
        .split(',')
        .map((t) => t.trim())
        .filter((t) => t !== ''),
    write: (value) => (input.value = Array.isArray(value) ? value.map(plain).join(', ') : ''),
  };
}

function jsonField(label: string, { word, changed }: FormContext): Field {
  const area = make('textarea') as HTMLTextAreaElement;
  area.rows = 4;
  area.placeholder = word('json');
  area.setAttribute('aria-label', label);
  area.addEventListener('input', changed);
  return {
    element: area,
    read: () => {
      if (area.value.trim() === '') return undefined;
      try {
        return JSON.parse(area.value) as unknown;
      } catch {
        throw new Error(word('badJson').replace('{0}', label));
      }
    },
    write: (value) =>
      (area.value = value === undefined || value === null ? '' : JSON.stringify(value, null, 2)),
  };
}

/** Creates labelled controls of an object's properties; those of an inner object are indented. */
function groupField(
  properties: Readonly<Record<string, Schema>>,
  label: string,
  context: FormContext,
): Field {
  const group = make('div', 'group');
  const fields = Object.entries(properties).map(([name, schema]) => {
    const field = fieldOf(schema, `${label}: ${name}`, context);
    const row = make('div', 'row');
    const title = make('span', 'row-title', name);
    title.title = schema.description ?? '';
    row.append(title, field.element);
    group.append(row);
    return [name, field] as const;
  });
  return {
    element: group,
    read: () => {
      const entries = fields
        .map(([name, field]) => [name, field.read()] as const)
        .filter(([, value]) => value !== undefined);
      return entries.length === 0 ? undefined : Object.fromEntries(entries);
    },
    write: (value) => {
      const from = (typeof value === 'object' ? value : null) as Record<string, unknown> | null;
      for (const [name, field] of fields) field.write(from?.[name]);
    },
  };
}

function rowsField(items: Schema, label: string, context: FormContext): Field {
  const box = make('div', 'rows');
  const add = make('button', 'small', context.word('add')) as HTMLButtonElement;
  add.setAttribute('aria-label', `${label}: ${context.word('add')}`);
  let rows: { readonly field: Field; readonly line: HTMLElement }[] = [];
  const put = (value: unknown) => {
    const line = make('div', 'line');
    const field = fieldOf(items, `${label} ${rows.length + 1}`, context);
    field.write(value);
    const remove = make('button', 'small', context.word('remove')) as HTMLButtonElement;
    remove.addEventListener('click', () => {
      rows = rows.filter((r) => r.line !== line);
      line.remove();
      context.changed();
    });
    line.append(field.element, remove);
    rows.push({ field, line });
    box.insertBefore(line, add);
  };
  add.addEventListener('click', () => {
    put(undefined);
    context.changed();
  });
  box.append(add);
  return {
    element: box,
    read: () => rows.map(({ field }) => field.read()).filter((v) => v !== undefined),
    write: (value) => {
      for (const { line } of rows) line.remove();
      rows = [];
      for (const item of Array.isArray(value) ? value : []) put(item);
    },
  };
}

function plain(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return '';
  }
}
