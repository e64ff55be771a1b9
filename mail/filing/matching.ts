import { compare, compileRegex, contains, isEqual, matches, RegexError } from '#formats/sieve'
import type { Comparator, Regex, Script, Tags } from '#formats/sieve'
import { Fault } from './fault.ts'
import { MATCHED_LENGTH } from './limits.ts'
import { checkTime, limit, look, type Run } from './state.ts'

/** How two texts are compared. */
interface Matching {
  readonly run: Run
  readonly comparator: Comparator
  readonly relation: (order: number) => boolean
}

/** RFC 5231 §4.1. */
const RELATIONS: ReadonlyMap<unknown, (order: number) => boolean> = new Map([
  ['gt', (order: number) => order > 0],
  ['ge', (order: number) => order >= 0],
  ['lt', (order: number) => order < 0],
  ['le', (order: number) => order <= 0],
  ['eq', (order: number) => order === 0],
  ['ne', (order: number) => order !== 0],
])

/** RFC 5228 §2.7.1, RFC 5231 §4.1, draft-ietf-sieve-regex §4: whether a value has a key, and what the match found, the whole first. */
const MATCHES: ReadonlyMap<unknown, (matching: Matching, value: string, key: string) => boolean | readonly string[]> =
  new Map(
    Object.entries({
      is: ({ comparator }: Matching, value: string, key: string) => isEqual(comparator, value, key),
      contains: ({ run, comparator }: Matching, value: string, key: string) => {
        limit(run, 'patternLength', key.length)
        return contains(comparator, value, key)
      },
      value: ({ comparator, relation }: Matching, value: string, key: string) =>
        relation(compare(comparator, value, key)),
      matches: ({ run, comparator }: Matching, value: string, key: string) => {
        limit(run, 'patternLength', key.length)
        const text = value.slice(0, MATCHED_LENGTH)
        const found = matches(comparator, text, key)
        return found === undefined ? false : [text, ...found]
      },
      // Bounds itself.
      regex: ({ run, comparator }: Matching, value: string, key: string) =>
        matchRegex(run, key, comparator === 'i;ascii-casemap', value.slice(0, MATCHED_LENGTH)) ?? false,
    }),
  )

/**
 * Whether any value has any key, as the tags of a test say. A match by wildcards or a regular expression sets the match variables
 * (RFC 5229 §3.2).
 * @param counted  what `:count` counts, where that is not the values (RFC 5231 §4.2)
 */
export function matchAny(
  run: Run,
  tags: Tags,
  values: readonly string[],
  keys: readonly string[],
  counted: number = values.length,
): boolean | Promise<boolean> {
  const matching: Matching = {
    run,
    comparator: tags.comparator as Comparator,
    relation: RELATIONS.get(tags.relation) ?? Boolean,
  }
  if (tags.match === 'list') return isAnyListed(run, values, keys)
  if (tags.match === 'count') return isAny(matching, 'value', [String(counted)], keys)
  return isAny(matching, tags.match, values, keys)
}

function isAny(matching: Matching, type: unknown, values: readonly string[], keys: readonly string[]): boolean {
  const match = MATCHES.get(type) as NonNullable<ReturnType<typeof MATCHES.get>>
  for (const value of values)
    for (const key of keys) {
      checkTime(matching.run)
      const found = match(matching, value, key)
      if (found === false) continue
      if (found !== true) matching.run.scope.matched = found
      return true
    }
  return false
}

/** RFC 6134 §2.2: keys are names of lists. */
async function isAnyListed(run: Run, values: readonly string[], lists: readonly string[]): Promise<boolean> {
  for (const list of lists)
    for (const value of new Set(values))
      if (await look(run, ({ isListed }) => isListed(listName(list), value))) return true
  return false
}

/** RFC 6134 §2.5: ":addrbook:default" is short for a name of the registry of Sieve. */
export const listName = (name: string): string => (name.startsWith(':') ? `urn:ietf:params:sieve${name}` : name)

/** @throws Fault for a pattern that is malformed, or takes too long with this text */
function matchRegex({ scope }: Run, pattern: string, isCaseless: boolean, text: string): string[] | undefined {
  try {
    return regexOf(scope.script, pattern, isCaseless).match(text)
  } catch (error) {
    if (error instanceof RegexError) throw new Fault('regex')
    throw error
  }
}

/** Patterns that a script has in its text are compiled once, for all letters. */
const compiled = new WeakMap<Script, Map<string, Regex>>()
const MOST_COMPILED = 500

function regexOf(script: Script, pattern: string, isCaseless: boolean): Regex {
  const known = compiled.get(script) ?? new Map<string, Regex>()
  compiled.set(script, known)
  const key = `${isCaseless ? 'i' : ' '}${pattern}`
  const regex = known.get(key) ?? compileRegex(pattern, isCaseless)
  // Those with variables in them can be as many as letters.
  if (known.size >= MOST_COMPILED) known.clear()
  known.set(key, regex)
  return regex
}
