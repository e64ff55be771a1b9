import { SetError } from '../calls/errors.ts'
import { tokensOf } from './references.ts'

type Json = Record<string, unknown>

/**
 * Applies a PatchObject (RFC 8620 §5.3): keys are JSON Pointers without their first slash; null puts back the default
 * of a property, or removes it. The object given stays as it is.
 * @param defaults  of properties at the top
 * @throws SetError 'invalidPatch'
 */
export function applyPatch(object: Json, patch: Json, defaults: Json = {}): Json {
  const paths = Object.keys(patch).map(pathOf)
  refuseOverlaps(paths)
  const result = { ...object }
  /** Objects that are already copies, and may be written to. */
  const copied = new Set<Json>([result])
  for (const path of paths) write(result, path, patch[path.key], defaults, copied)
  return result
}

interface Path {
  key: string
  tokens: string[]
}

function pathOf(key: string): Path {
  const tokens = tokensOf(`/${key}`)
  if (tokens === undefined) throw new SetError('invalidPatch', 'a key is not a JSON Pointer')
  // Would reach the prototype instead of a property.
  if (tokens.includes('__proto__')) throw new SetError('invalidPatch', 'a key names no property')
  return { key, tokens }
}

/** No pointer may be the beginning of another. */
function refuseOverlaps(paths: readonly Path[]): void {
  const all = new Set(paths.map(({ key }) => key))
  for (const { key } of paths)
    for (let at = key.indexOf('/'); at !== -1; at = key.indexOf('/', at + 1))
      if (all.has(key.slice(0, at))) throw new SetError('invalidPatch', 'a key is the beginning of another')
}

function write(result: Json, { tokens }: Path, value: unknown, defaults: Json, copied: Set<Json>): void {
  const last = tokens.at(-1) as string
  let parent = result
  for (const token of tokens.slice(0, -1)) {
    const next = Object.hasOwn(parent, token) ? parent[token] : undefined
    if (Array.isArray(next)) throw new SetError('invalidPatch', 'a key points into an array')
    if (typeof next !== 'object' || next === null)
      throw new SetError('invalidPatch', 'a key points into what is not there')
    const own = copied.has(next as Json) ? (next as Json) : { ...next }
    parent[token] = own
    copied.add(own)
    parent = own
  }
  if (value !== null) parent[last] = value
  else if (parent === result && Object.hasOwn(defaults, last)) parent[last] = defaults[last]
  else delete parent[last]
}
