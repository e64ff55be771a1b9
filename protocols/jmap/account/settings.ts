import { readSettings, settingsState, writeSettings, type Settings } from '#accounts'
import type { OpenAccount } from '#storage'
import { SetError } from '../calls/errors.ts'
import type { DataType } from '../capability.ts'
import { getMethod } from '../families/get.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { applyPatch } from '../json/patch.ts'

/** What a person has chosen: one object, called `singleton`. docs/jmap-extensions.md. */
const ID = 'singleton'

const properties = [
  'language',
  'timeZone',
  'theme',
  'density',
  'labels',
  'undoSeconds',
  'remotePictures',
  'composeFormat',
  'singleKeys',
  'notifications',
  'copySent',
] as const satisfies readonly (keyof Settings)[]

const state = async (account: OpenAccount): Promise<string> => String(await settingsState(account))

export const settingsType: DataType = { name: 'Settings', state }

const get = getMethod({
  type: 'Settings',
  properties,
  state,
  load: async (_session, account, { ids }) =>
    ids === null || ids.includes(ID) ? [{ id: ID, ...(await readSettings(account)) }] : [],
})

const set = setMethod({
  type: 'Settings',
  isSingleton: true,
  state,
  apply: oneByOne({
    async update(_session, account, id, patch) {
      if (id !== ID) throw new SetError('notFound')
      const before = await readSettings(account)
      const after = applyPatch({ id: ID, ...before }, patch)
      refuseOthers(after)
      // Only what the patch touches is written: somebody may be changing the rest.
      const touched = new Set(Object.keys(patch).map((path) => path.split('/', 1)[0] as string))
      const changed = Object.fromEntries(
        properties.filter((name) => touched.has(name)).map((name) => [name, after[name]]),
      )
      await writeSettings(account, changed as Partial<Settings>)
      return null
    },
  }),
})

/** No setting has a default to go back to, and there are no others. */
function refuseOthers(after: Record<string, unknown>): void {
  const known: readonly string[] = ['id', ...properties]
  const wrong = [
    ...Object.keys(after).filter((name) => !known.includes(name)),
    ...known.filter((name) => !Object.hasOwn(after, name)),
    ...(after['id'] === ID ? [] : ['id']),
  ]
  if (wrong.length > 0) throw new SetError('invalidProperties', undefined, { properties: wrong })
}

export const settingsMethods = [get, set]
