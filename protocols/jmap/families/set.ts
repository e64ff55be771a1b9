import { z } from 'zod'
import type { OpenAccount } from '#storage'
import { id, idOrCreationId, object, orNull, state } from '../calls/arguments.ts'
import { MethodError, setError, SetError } from '../calls/errors.ts'
import { method, type CallSession, type Method } from '../calls/method.ts'
import { limits } from '../limits.ts'

type Json = Record<string, unknown>

/** What a /set asks for. Ids are real ones; those that are both updated and destroyed are only destroyed. */
export interface Wishes<Args> {
  /** By creation id. */
  create: ReadonlyMap<string, Json>
  /** PatchObjects by id. */
  update: ReadonlyMap<string, Json>
  destroy: readonly string[]
  args: Args
}

/** What became of the wishes. Each of them is answered exactly once. */
export interface Outcome {
  /** @param shown  the id and what the server has set or defaulted; the creation id can be referred to from now on */
  created(creationId: string, shown: Json & { id: string }): void
  /** @param shown  what changed beyond the patch; null when nothing did */
  updated(id: string, shown: Json | null): void
  destroyed(id: string): void
  /** Why one of them did not happen. @throws `error` again when it is a fault of ours */
  failed(what: 'create' | 'update' | 'destroy', id: string, error: unknown): void
}

/** The states around the change, where `apply` knows them from its own transaction. */
export interface States {
  oldState: string | null
  newState: string
}

export interface SetDescription<Shape extends z.ZodRawShape> {
  type: string
  /** There is one object, called `singleton`. */
  isSingleton?: boolean
  args?: Shape
  state(account: OpenAccount, session: CallSession): Promise<string>
  apply(
    session: CallSession,
    account: OpenAccount,
    wishes: Wishes<z.output<z.ZodObject<Shape>>>,
    outcome: Outcome,
  ): Promise<States | undefined>
}

/** A method `Foo/set`. RFC 8620 §5.3. */
export function setMethod<Shape extends z.ZodRawShape = Record<string, never>>(
  description: SetDescription<Shape>,
): Method {
  const { type, isSingleton = false, apply } = description
  return method({
    name: `${type}/set`,
    args: z.strictObject({
      accountId: id,
      ifInState: orNull(state),
      create: orNull(z.record(id, object)),
      update: orNull(z.record(idOrCreationId, object)),
      destroy: orNull(z.array(idOrCreationId)),
      ...description.args,
    }),
    async run(session, checked) {
      const { accountId, ifInState, create, update, destroy, ...args } = checked as SetArguments
      const account = session.openAccount(accountId)
      const number = Object.keys(create ?? {}).length + Object.keys(update ?? {}).length + (destroy?.length ?? 0)
      if (number > limits.maxObjectsInSet) throw new MethodError('requestTooLarge')
      const before = await description.state(account, session)
      if (ifInState !== null && ifInState !== before) throw new MethodError('stateMismatch')

      const results = collect(session)
      const wishes = sortOut(session, results, { create, update, destroy }, isSingleton)
      const states = await apply(
        session,
        account,
        { ...wishes, args: args as unknown as z.output<z.ZodObject<Shape>> },
        results.outcome,
      )
      return {
        accountId,
        oldState: states === undefined ? before : states.oldState,
        newState: states?.newState ?? (await description.state(account, session)),
        ...results.lists(),
      }
    },
  })
}

interface SetArguments {
  accountId: string
  ifInState: string | null
  create: Record<string, Json> | null
  update: Record<string, Json> | null
  destroy: string[] | null
}

/** Refuses what can be refused without looking, and puts real ids in place of creation ids of earlier calls. */
function sortOut(
  session: CallSession,
  { outcome }: Results,
  { create, update, destroy }: Pick<SetArguments, 'create' | 'update' | 'destroy'>,
  isSingleton: boolean,
): Omit<Wishes<never>, 'args'> {
  const creations = new Map(Object.entries(create ?? {}))
  const real = (one: string): string => session.realId(one) ?? one
  const destructions = [...new Set((destroy ?? []).map(real))]
  const doomed = new Set(destructions)
  const updates = new Map<string, Json>()
  for (const [given, patch] of Object.entries(update ?? {})) {
    if (doomed.has(real(given))) outcome.failed('update', given, new SetError('willDestroy'))
    else updates.set(real(given), patch)
  }
  if (!isSingleton) return { create: creations, update: updates, destroy: destructions }
  for (const creationId of creations.keys()) outcome.failed('create', creationId, new SetError('singleton'))
  for (const one of destructions) outcome.failed('destroy', one, new SetError('singleton'))
  return { create: new Map(), update: updates, destroy: [] }
}

interface Results {
  outcome: Outcome
  lists(): Record<string, Json | string[] | null>
}

function collect(session: CallSession): Results {
  const done = { created: new Map<string, Json>(), updated: new Map<string, Json | null>(), destroyed: [] as string[] }
  const not = {
    create: new Map<string, Json>(),
    update: new Map<string, Json>(),
    destroy: new Map<string, Json>(),
  }
  const orNothing = (map: Map<string, unknown>): Json | null => (map.size === 0 ? null : Object.fromEntries(map))
  return {
    outcome: {
      created(creationId, shown) {
        done.created.set(creationId, shown)
        session.createdIds.set(creationId, shown.id)
      },
      updated: (one, shown) => void done.updated.set(one, shown),
      destroyed: (one) => void done.destroyed.push(one),
      failed(what, one, error) {
        const reason = setError(error)
        if (reason === undefined) throw error
        not[what].set(one, reason.toJSON())
      },
    },
    lists: () => ({
      created: orNothing(done.created),
      updated: orNothing(done.updated),
      destroyed: done.destroyed.length === 0 ? null : done.destroyed,
      notCreated: orNothing(not.create),
      notUpdated: orNothing(not.update),
      notDestroyed: orNothing(not.destroy),
    }),
  }
}

/** Handles wishes one after the other: creations first, for updates may refer to them. Throwing fails one of them. */
export function oneByOne<Args>(handlers: {
  create?(session: CallSession, account: OpenAccount, given: Json, args: Args): Promise<Json & { id: string }>
  /** @returns what changed beyond the patch */
  update?(session: CallSession, account: OpenAccount, id: string, patch: Json, args: Args): Promise<Json | null>
  destroy?(session: CallSession, account: OpenAccount, id: string, args: Args): Promise<void>
}) {
  const { create, update, destroy } = handlers
  return async (
    session: CallSession,
    account: OpenAccount,
    wishes: Wishes<Args>,
    outcome: Outcome,
  ): Promise<undefined> => {
    const attempt = async (
      what: 'create' | 'update' | 'destroy',
      one: string,
      act: (() => Promise<void>) | undefined,
    ) => {
      try {
        if (act === undefined) throw new SetError('forbidden', `this type has no ${what}`)
        await act()
      } catch (error) {
        outcome.failed(what, one, error)
      }
    }
    for (const [creationId, given] of wishes.create)
      await attempt(
        'create',
        creationId,
        create && (async () => outcome.created(creationId, await create(session, account, given, wishes.args))),
      )
    for (const [given, patch] of wishes.update) {
      const one = session.realId(given) ?? given
      await attempt(
        'update',
        one,
        update && (async () => outcome.updated(one, await update(session, account, one, patch, wishes.args))),
      )
    }
    for (const given of wishes.destroy) {
      const one = session.realId(given) ?? given
      await attempt(
        'destroy',
        one,
        destroy &&
          (async () => {
            await destroy(session, account, one, wishes.args)
            outcome.destroyed(one)
          }),
      )
    }
  }
}
