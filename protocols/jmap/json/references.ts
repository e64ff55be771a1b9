import { MethodError } from '../calls/errors.ts'
import type { Invocation } from '../calls/method.ts'

/** Values a reference may gather, whatever it maps through. */
const MOST_VALUES = 100_000

/**
 * Replaces every argument `#name` by what its ResultReference points to. RFC 8620 §3.7.
 * @throws MethodError 'invalidResultReference', or 'invalidArguments' when an argument is given in both forms
 */
export function resolveReferences(
  args: Record<string, unknown>,
  responses: readonly Invocation[],
): Record<string, unknown> {
  if (!Object.keys(args).some((name) => name.startsWith('#'))) return args
  const resolved: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(args)) {
    const target = name.startsWith('#') ? name.slice(1) : name
    if (target !== name && Object.hasOwn(args, target))
      throw new MethodError('invalidArguments', `${target}: given both as a value and as a reference`)
    define(resolved, target, target === name ? value : resolveReference(target, value, responses))
  }
  return resolved
}

function resolveReference(name: string, reference: unknown, responses: readonly Invocation[]): unknown {
  const fail = (why: string): MethodError => new MethodError('invalidResultReference', `#${name}: ${why}`)
  if (!isReference(reference)) throw fail('a ResultReference has resultOf, name and path')
  const response = responses.find(([, , callId]) => callId === reference.resultOf)
  if (response === undefined) throw fail('no earlier call has this id')
  if (response[0] !== reference.name) throw fail('the first response to that call has another name')
  const value = evaluate(response[1], reference.path)
  if (value === undefined) throw fail('the path leads nowhere')
  return value
}

interface ResultReference {
  resultOf: string
  name: string
  path: string
}

function isReference(value: unknown): value is ResultReference {
  if (typeof value !== 'object' || value === null) return false
  const { resultOf, name, path } = value as Record<string, unknown>
  return typeof resultOf === 'string' && typeof name === 'string' && typeof path === 'string'
}

/**
 * Follows a JSON Pointer (RFC 6901) in which `*` maps through an array and flattens what it finds (RFC 8620 §3.7).
 * @returns undefined when it leads nowhere
 */
export function evaluate(value: unknown, pointer: string): unknown {
  const tokens = tokensOf(pointer)
  return tokens === undefined ? undefined : follow(value, tokens, { left: MOST_VALUES })
}

/** The tokens of a JSON Pointer, unescaped; undefined when it is none. */
export function tokensOf(pointer: string): string[] | undefined {
  if (pointer === '') return []
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function follow(value: unknown, tokens: readonly string[], budget: { left: number }): unknown {
  const [token, ...rest] = tokens
  if (token === undefined) return value
  if (Array.isArray(value)) {
    if (token !== '*') return /^(?:0|[1-9]\d*)$/.test(token) ? follow(value[Number(token)], rest, budget) : undefined
    const all: unknown[] = []
    for (const one of value as unknown[]) {
      const found = follow(one, rest, budget)
      if (found === undefined) return undefined
      budget.left -= Array.isArray(found) ? found.length : 1
      if (budget.left < 0) return undefined
      if (Array.isArray(found)) for (const each of found as unknown[]) all.push(each)
      else all.push(found)
    }
    return all
  }
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined
  return follow((value as Record<string, unknown>)[token], rest, budget)
}

/** Sets an own property, also one called `__proto__`. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
}
