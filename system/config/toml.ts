import { readFileSync } from 'node:fs'
import { parse, TomlError } from 'smol-toml'
import { Refusal } from '../refusal.ts'

/** A file of settings. @throws Refusal 'invalid' with the place of what is not TOML, or when there is no such file */
export function readToml(file: string): Record<string, unknown> {
  try {
    return parse(readFileSync(file, 'utf8'))
  } catch (error) {
    // The parser's message quotes the line, which may hold a password: only the place is told.
    if (error instanceof TomlError) throw new Refusal('invalid', { fields: [`${file}:${error.line}: not valid TOML`] })
    if (error instanceof Error && 'code' in error)
      throw new Refusal('invalid', { fields: [`${file}: ${String(error.code)}`] })
    throw error
  }
}

/** Sets `a.b` in nested tables. A value that reads as TOML counts as that, anything else as a string. */
export function setByPath(target: Record<string, unknown>, name: string, value: string): void {
  const path = name.split('.')
  const last = path.pop() as string
  let table = target
  for (const key of path) {
    if (typeof table[key] !== 'object' || table[key] === null) table[key] = {}
    table = table[key] as Record<string, unknown>
  }
  table[last] = tomlValue(value)
}

function tomlValue(text: string): unknown {
  try {
    return parse(`value = ${text}`)['value']
  } catch {
    return text
  }
}
