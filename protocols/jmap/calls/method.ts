import { z } from 'zod'
import type { OpenAccount } from '#storage'
import type { JmapContext, Visitor } from '../context.ts'
import { MethodError } from './errors.ts'

/** A call or a response: name, arguments, call id. RFC 8620 §3.2. */
export type Invocation = [name: string, args: Record<string, unknown>, callId: string]

/** One Request while it is processed. */
export interface CallSession {
  readonly context: JmapContext
  readonly visitor: Visitor
  /** @throws MethodError 'accountNotFound' for every account the visitor has no access to */
  openAccount(accountId: string): OpenAccount
  /** Creation ids and what they became, for all types together. RFC 8620 §3.3. */
  readonly createdIds: Map<string, string>
  /** The id itself, or, of `#creationId`, the id it became. */
  realId(id: string): string | undefined
  /** Calls another method right after this one; its response follows this one's, under the same call id. */
  callAfter(name: string, args: Record<string, unknown>): void
}

/** A method as the registry keeps it: its arguments are still to be checked. What it gives is its response's arguments. */
export interface Method {
  readonly name: string
  run(session: CallSession, args: Record<string, unknown>): Promise<object>
}

/**
 * Describes a method. `args` checks the arguments before `run` sees them; what does not fit ends in `invalidArguments`
 * with the argument's name.
 */
export function method<Args extends z.ZodType<Record<string, unknown>>>(description: {
  name: string
  args: Args
  run(session: CallSession, args: z.output<Args>): Promise<object>
}): Method {
  const { name, run } = description
  return {
    name,
    run: async (session, raw) => run(session, checkArguments(description.args, raw)),
  }
}

/** @throws MethodError 'invalidArguments' with what is wrong where, never with a value */
export function checkArguments<Args extends z.ZodType>(schema: Args, raw: unknown): z.output<Args> {
  const checked = schema.safeParse(raw)
  if (checked.success) return checked.data
  const complaints = checked.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('/') || 'arguments'}: ${issue.message}`)
  throw new MethodError('invalidArguments', complaints.join('; '))
}
