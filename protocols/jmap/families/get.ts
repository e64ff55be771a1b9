import { z } from 'zod'
import type { OpenAccount } from '#storage'
import { id, idOrCreationId, orNull } from '../calls/arguments.ts'
import { MethodError } from '../calls/errors.ts'
import { method, type CallSession, type Method } from '../calls/method.ts'
import { limits } from '../limits.ts'

/** An object as /get shows it, with its id. */
export type Shown = Record<string, unknown> & { id: string }

export interface Wanted<Args> {
  /** Without repetition; null for all there are. */
  ids: readonly string[] | null
  /** Names asked for, or the default ones; always with `id`. What is loaded beyond them is left out. */
  properties: ReadonlySet<string>
  args: Args
}

export interface GetDescription<Shape extends z.ZodRawShape> {
  /** Of the type, such as `Mailbox`. */
  type: string
  /** Properties given when none are named, without `id`. */
  properties: readonly string[]
  /** Whether a further name may be asked for, as `header:List-Id` of an Email may. */
  isProperty?(name: string): boolean
  /** Arguments beyond those of RFC 8620. */
  args?: Shape
  state(account: OpenAccount, session: CallSession): Promise<string>
  /**
   * Gives what there is of the ids, in any order, and nothing for the others. For `ids: null` at most one object more
   * than `maxObjectsInGet` is of use.
   */
  load(
    session: CallSession,
    account: OpenAccount,
    wanted: Wanted<z.output<z.ZodObject<Shape>>>,
  ): Promise<readonly Shown[]>
}

/** A method `Foo/get`. RFC 8620 §5.1. */
export function getMethod<Shape extends z.ZodRawShape = Record<string, never>>(
  description: GetDescription<Shape>,
): Method {
  const { type, properties, isProperty, state, load } = description
  const known = new Set(['id', ...properties])
  return method({
    name: `${type}/get`,
    args: z.strictObject({
      accountId: id,
      ids: orNull(z.array(idOrCreationId)),
      properties: orNull(z.array(z.string())),
      ...description.args,
    }),
    async run(session, checked) {
      const { accountId, ids, properties: named, ...args } = checked as GetArguments
      const account = session.openAccount(accountId)
      const unknown = named?.findIndex((name) => !known.has(name) && isProperty?.(name) !== true) ?? -1
      if (unknown !== -1)
        throw new MethodError('invalidArguments', `properties/${unknown}: ${type} has no such property`)
      const wantedIds = ids === null ? null : [...new Set(ids)]
      if ((wantedIds?.length ?? 0) > limits.maxObjectsInGet) throw new MethodError('requestTooLarge')

      const asked = new Set(named === null ? known : ['id', ...named])
      const realIds = wantedIds?.flatMap((one) => session.realId(one) ?? [])
      // Read before the objects: a change in between is then told once more rather than never.
      const stateNow = await state(account, session)
      const list = await load(session, account, {
        ids: realIds === undefined ? null : [...new Set(realIds)],
        properties: asked,
        args: args as unknown as z.output<z.ZodObject<Shape>>,
      })
      if (list.length > limits.maxObjectsInGet) throw new MethodError('requestTooLarge')
      const found = new Set(list.map((object) => object.id))
      return {
        accountId,
        state: stateNow,
        list: list.map((object) => only(object, asked)),
        notFound: (wantedIds ?? []).filter((one) => !found.has(session.realId(one) ?? '')),
      }
    },
  })
}

interface GetArguments {
  accountId: string
  ids: string[] | null
  properties: string[] | null
}

function only(object: Shown, properties: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => properties.has(name)))
}
