/**
 * How a value of a trace is written and read: for each kind of value one codec that does both.
 *
 * {@linkcode object} makes a codec of an object type from the codecs of its fields. A field that is forgotten, or is
 * optional and not marked so, is a type error.
 *
 * @module
 */
import { hex } from "../abi/hex.ts";
import { numberOfWord } from "../abi/word.ts";
import { LineError } from "./trace_error.ts";

/** Reads and writes values of a type. */
export interface Codec<T> {
  /**
   * The value that a parsed JSON value stands for.
   *
   * @param what the value's name in errors
   * @throws {LineError} it stands for none
   */
  read(json: unknown, what: string): T;
  /** The value as JSON text. */
  write(value: T): string;
  /** Of an object, or of a list of objects: the codecs of their fields. */
  readonly fields?: ReadonlyMap<string, Codec<unknown>>;
}

/** A field that may be absent. */
export interface Optional<T> {
  /** The codec of its value. */
  readonly optional: Codec<T>;
}

/** A codec for every field of an object type, in the order in which they are written. */
export type Fields<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K>
    ? Optional<Exclude<T[K], undefined>>
    : Codec<T[K]>;
};

/** Marks a field as one that may be absent. */
export function optional<T>(codec: Codec<T>): Optional<T> {
  return { optional: codec };
}

/** A text. */
export const text: Codec<string> = {
  read: (json, what) => typeof json === "string" ? json : fail(`${what} is not text`),
  write: (value) => JSON.stringify(value),
};

/** True or false. */
export const flag: Codec<boolean> = {
  read: (json, what) => typeof json === "boolean" ? json : fail(`${what} is not true or false`),
  write: (value) => JSON.stringify(value),
};

/** A text, true or false. */
export const textOrFlag: Codec<string | boolean> = {
  read: (json, what) =>
    typeof json === "boolean" || typeof json === "string"
      ? json
      : fail(`${what} is neither text nor true or false`),
  write: (value) => JSON.stringify(value),
};

/** An object whose values are all of one kind, whatever their names. */
export function record<T>(value: Codec<T>): Codec<Readonly<Record<string, T>>> {
  return {
    read: (json, what) =>
      Object.fromEntries(
        [...valuesOf(json, what)].map((
          [name, each],
        ) => [name, value.read(each, `${what} ${name}`)]),
      ),
    write: (values) =>
      braced(
        Object.entries(values).map(([name, each]) =>
          `${JSON.stringify(name)}:${value.write(each)}`
        ),
      ),
  };
}

/** A whole number that is not negative, in decimal. */
export const integer: Codec<number> = {
  read: (json, what) =>
    typeof json === "number" && Number.isSafeInteger(json) && json >= 0
      ? json
      : fail(`${what} is not a whole number`),
  write: (value) => JSON.stringify(value),
};

/** A number of bytes, an address or an argument, in hexadecimal. */
export const bytes: Codec<number> = {
  read: (json, what) => parseHex(text.read(json, what), what),
  write: (value) => `"${formatHex(value)}"`,
};

/** A text of the form that `pattern` describes. */
export function matching(pattern: RegExp): Codec<string> {
  return {
    read(json, what) {
      const value = text.read(json, what);
      return pattern.test(value) ? value : fail(`${what} is malformed: ${JSON.stringify(value)}`);
    },
    write: (value) => JSON.stringify(value),
  };
}

/** One of a few texts or numbers. */
export function choice<const T extends string | number>(...choices: readonly T[]): Codec<T> {
  return {
    read: (json, what) =>
      choices.find((each) => each === json) ?? fail(`${what} is not one of ${choices.join(", ")}`),
    write: (value) => JSON.stringify(value),
  };
}

/** A list. */
export function list<T>(item: Codec<T>): Codec<readonly T[]> {
  return {
    read: (json, what) =>
      Array.isArray(json)
        ? json.map((value) => item.read(value, what))
        : fail(`${what} is not a list`),
    write: (values) => `[${values.map((value) => item.write(value)).join(",")}]`,
    ...(item.fields && { fields: item.fields }),
  };
}

/** An object with the fields given; others are passed over. */
export function object<T extends object>(fields: Fields<T>): Codec<T>;
export function object(fields: Readonly<Record<string, Codec<unknown> | Optional<unknown>>>) {
  const entries = Object.entries(fields).map(([name, field]) =>
    "optional" in field
      ? { name, member: `${JSON.stringify(name)}:`, codec: field.optional, mayLack: true }
      : { name, member: `${JSON.stringify(name)}:`, codec: field, mayLack: false }
  );
  return {
    fields: new Map(entries.map(({ name, codec }) => [name, codec])),
    read(json: unknown, what: string): object {
      const given = valuesOf(json, what);
      const value: [string, unknown][] = [];
      for (const { name, codec, mayLack } of entries) {
        const field = given.get(name);
        if (field !== undefined) value.push([name, codec.read(field, name)]);
        else if (!mayLack) fail(`${name} is missing`);
      }
      return Object.fromEntries(value);
    },
    write(value: object): string {
      const members: string[] = [];
      for (const { member, name, codec } of entries) {
        const field: unknown = Reflect.get(value, name);
        if (field !== undefined) members.push(member + codec.write(field));
      }
      return braced(members);
    },
  };
}

/** A codec whose values must also pass a check, which says what is wrong. */
export function checked<T>(codec: Codec<T>, wrong: (value: T) => string | undefined): Codec<T> {
  return {
    read(json, what) {
      const value = codec.read(json, what);
      const why = wrong(value);
      return why === undefined ? value : fail(why.replace("{}", what));
    },
    write: (value) => codec.write(value),
    ...(codec.fields && { fields: codec.fields }),
  };
}

/** The fields of a JSON object by name. */
export function valuesOf(json: unknown, what: string): ReadonlyMap<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return fail(`${what} is not an object`);
  }
  return new Map(Object.entries(json));
}

/**
 * Reads a hexadecimal number of up to 64 bits. Of those that are no safe integers see
 * {@linkcode numberOfWord}.
 *
 * @throws {LineError} not `0x` and 1 to 16 digits
 */
export function parseHex(text: string, what: string): number {
  if (!/^0x[0-9a-f]{1,16}$/.test(text)) fail(`${what} is not hexadecimal: ${JSON.stringify(text)}`);
  return numberOfWord(BigInt(text));
}

/** A number of bytes, an address or an argument: hexadecimal, a negative one as 64-bit two's complement. */
export function formatHex(value: number): string {
  return value >= 0 ? hex(value) : `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
}

function braced(members: readonly string[]): string {
  return `{${members.join(",")}}`;
}

function fail(why: string): never {
  throw new LineError("EVALUE", why);
}
