import { parseReferences, type Argument, type Tags } from '#formats/sieve'
import { Fault } from './fault.ts'
import { VARIABLE_LENGTH } from './limits.ts'
import { limit, type Run } from './state.ts'

/** RFC 6609 §3.4.2: names in it are those of global variables. */
const GLOBAL = 'global.'

/**
 * A string with the values of the variables that stand in it; as it is where the script does not use them. RFC 5229 §3.
 * @param isCut  what becomes too long ends there
 * @throws Fault when it becomes too long otherwise
 */
function expand(run: Run, text: string, isCut = false): string {
  if (!text.includes('${') || !run.scope.script.requires.has('variables')) return text
  let output = ''
  for (const piece of parseReferences(text)) {
    if (typeof piece === 'string') output += piece
    else output += piece.group === undefined ? readVariable(run, piece.name) : (run.scope.matched[piece.group] ?? '')
    if (isCut && output.length > run.limits.stringLength) break
    limit(run, 'stringLength', output.length)
  }
  return output
}

/** The strings of an argument, expanded. @throws Fault when they become too long together */
export function strings(run: Run, argument: Argument | true | undefined): readonly string[] {
  if (!Array.isArray(argument)) return typeof argument === 'string' ? [expand(run, argument)] : []
  if (!argument.some((text) => text.includes('${'))) return argument
  let length = 0
  return argument.map((text) => {
    const expanded = expand(run, text)
    if (expanded !== text) limit(run, 'stringLength', (length += expanded.length))
    return expanded
  })
}

/** The one string of an argument, expanded; '' when there is none. */
export const string = (run: Run, argument: Argument | true | undefined): string => strings(run, argument)[0] ?? ''

/** One that was never set is empty. RFC 5229 §3. */
export function readVariable(run: Run, name: string): string {
  const { key, variables } = find(run, name)
  return variables.get(key) ?? ''
}

/** The value that a variable is set to: its length is no fault (RFC 5229 §6). RFC 5229 §4. */
export const valueOf = (run: Run, argument: Argument | undefined, tags: Tags): string =>
  modify(typeof argument === 'string' ? expand(run, argument, true) : '', tags)

/** @throws Fault when there are too many; a value that is too long is cut (RFC 5229 §6) */
export function writeVariable(run: Run, name: string, value: string): void {
  const { key, variables } = find(run, name)
  if (!variables.has(key)) limit(run, 'variables', ++run.variables)
  variables.set(key, cut(value, VARIABLE_LENGTH))
}

function find({ scope, globals }: Run, name: string): { key: string; variables: Map<string, string> } {
  const key = name.toLowerCase()
  if (key.startsWith(GLOBAL)) return { key: key.slice(GLOBAL.length), variables: globals }
  return { key, variables: scope.globalNames.has(key) ? globals : scope.locals }
}

/** RFC 6609 §3.4.1. @throws Fault when there are too many */
export function declareGlobal({ scope, limits }: Run, names: readonly string[]): void {
  for (const name of names) scope.globalNames.add(name.toLowerCase())
  if (scope.globalNames.size > limits.variables) throw new Fault('variables')
}

/** Not through the middle of a character. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const end = text.charCodeAt(length - 1) >> 10 === 0x36 ? length - 1 : length
  return text.slice(0, end)
}

/** RFC 5229 §4.1, with that of RFC 5435 §6 and of the regex draft: from the highest precedence to the lowest. */
const MODIFIERS: readonly [tag: string, change: (value: string) => string][] = [
  ['lower', asciiLower],
  ['upper', asciiUpper],
  ['lowerfirst', (value) => asciiLower(value.slice(0, 1)) + value.slice(1)],
  ['upperfirst', (value) => asciiUpper(value.slice(0, 1)) + value.slice(1)],
  ['quotewildcard', (value) => value.replace(/[*?\\]/g, String.raw`\$&`)],
  ['quoteregex', (value) => value.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)],
  ['encodeurl', encodeUrl],
  ['length', (value) => String([...value].length)],
]

function modify(value: string, tags: Tags): string {
  let output = value
  for (const [tag, change] of MODIFIERS) if (tags[tag] !== undefined) output = change(output)
  return output
}

// RFC 5229 §4.1.1 leaves letters beyond ASCII to the server; changed are those that the comparators know.
function asciiLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function asciiUpper(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())
}

/** RFC 3986 §2.3: all but unreserved characters. */
function encodeUrl(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
