import { z } from 'zod'
import { activateScript, createScript, readScripts, removeScript, updateScript } from '#mail/scripts'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { orNull } from '../calls/arguments.ts'
import { SetError } from '../calls/errors.ts'
import { checkProperties } from '../calls/properties.ts'
import type { CallSession } from '../calls/method.ts'
import { oneByOne, setMethod, type Outcome } from '../families/set.ts'
import { applyPatch } from '../json/patch.ts'
import { scriptError } from './refused.ts'
import { scriptIds, shown, state, textOf, type, type ShownScript } from './script.ts'

type Json = Record<string, unknown>

/** What a client sets. Without a name it is given one. */
const Given = z.strictObject({ name: z.string().nullish(), blobId: z.string() })

interface Args {
  onSuccessActivateScript: string | null
  onSuccessDeactivateScript: boolean | null
}

/** SieveScript/set, RFC 9661 §2.4. */
export const set = setMethod({
  type,
  args: {
    // An id that is none is ignored.
    onSuccessActivateScript: orNull(z.string().max(256)),
    onSuccessDeactivateScript: orNull(z.boolean()),
  },
  state,
  async apply(session, account, wishes, outcome) {
    const noted = noteOutcome(outcome)
    await eachScript(session, account, wishes, noted.outcome)
    if (!noted.hasFailed()) await activate(session, account, wishes.args, noted.changed)
    return undefined
  },
})

const eachScript = oneByOne<Args>({
  async create(_session, account, given) {
    const { name, blobId } = checkProperties(Given, given)
    const called = name ?? (await freeName(account))
    const made = await kept(account, called, async () =>
      createScript(account, { name: called, text: await textOf(account, blobId) }),
    )
    const script = await load(account, made)
    return different(script, given)
  },

  async update(_session, account, id, patch) {
    const before = await load(account, scriptIds.numberOf(id))
    const patched = applyPatch(before, patch, { name: null })
    for (const fixed of ['id', 'isActive'])
      if (patched[fixed] !== before[fixed]) throw new SetError('invalidProperties', undefined, { properties: [fixed] })
    const { id: _, isActive: __, ...wished } = patched
    const { name, blobId } = checkProperties(Given, wished)
    const called = name ?? (await freeName(account))
    const number = scriptIds.numberOf(id) as number
    await kept(account, called, async () =>
      updateScript(account, number, {
        ...(called === before.name ? {} : { name: called }),
        ...(blobId === before.blobId ? {} : { text: await textOf(account, blobId) }),
      }),
    )
    const { id: ___, ...changed } = different(await load(account, number), patched)
    return Object.keys(changed).length === 0 ? null : changed
  },

  async destroy(_session, account, id) {
    const number = scriptIds.numberOf(id)
    if (number === undefined) throw new SetError('notFound')
    try {
      await removeScript(account, number)
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'forbidden') throw new SetError('scriptIsActive')
      throw error
    }
  },
})

/** @throws SetError */
async function kept<T>(account: OpenAccount, name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw await scriptError(account, error, name)
  }
}

/** @throws SetError 'notFound' */
async function load(account: OpenAccount, id: number | undefined): Promise<ShownScript> {
  const [script] = id === undefined ? [] : await readScripts(account, [id])
  if (script === undefined) throw new SetError('notFound')
  return shown(script)
}

/** A name that no script has. */
async function freeName(account: OpenAccount): Promise<string> {
  const names = new Set((await readScripts(account)).map(({ name }) => name))
  let number = 1
  while (names.has(`Script ${number}`)) number++
  return `Script ${number}`
}

/** What of a script the client does not know. */
const different = (script: ShownScript, known: Json): Json & { id: string } => ({
  ...Object.fromEntries(Object.entries(script).filter(([name, is]) => is !== known[name])),
  id: script.id,
})

interface Noted {
  outcome: Outcome
  hasFailed(): boolean
  /** Tells of a change beside what was wished. */
  changed(id: string, more: Json): void
}

/** Passes on what became of each wish, and remembers it. */
function noteOutcome(outcome: Outcome): Noted {
  const created = new Map<string, { creationId: string; shown: Json & { id: string } }>()
  const updated = new Map<string, Json | null>()
  let hasFailed = false
  return {
    outcome: {
      created(creationId, shown) {
        created.set(shown.id, { creationId, shown })
        outcome.created(creationId, shown)
      },
      updated(id, shown) {
        updated.set(id, shown)
        outcome.updated(id, shown)
      },
      destroyed: (id) => outcome.destroyed(id),
      failed(what, id, error) {
        hasFailed = true
        outcome.failed(what, id, error)
      },
    },
    hasFailed: () => hasFailed,
    changed(id, more) {
      const made = created.get(id)
      if (made === undefined) outcome.updated(id, { ...updated.get(id), ...more })
      else outcome.created(made.creationId, { ...made.shown, ...more })
    },
  }
}

/** What comes once all wishes were fulfilled. */
async function activate(
  session: CallSession,
  account: OpenAccount,
  { onSuccessActivateScript: given, onSuccessDeactivateScript: isOff }: Args,
  changed: Noted['changed'],
): Promise<void> {
  if (given === null && isOff !== true) return
  const scripts = await readScripts(account)
  const wanted = scriptIds.numberOf((given === null ? undefined : session.realId(given)) ?? '')
  const before = scripts.find(({ isActive }) => isActive)?.id
  const after = scripts.some(({ id }) => id === wanted) ? wanted : isOff === true ? undefined : before
  if (after === before) return
  await activateScript(account, after)
  if (before !== undefined) changed(scriptIds.of(before), { isActive: false })
  if (after !== undefined) changed(scriptIds.of(after), { isActive: true })
}
