import { z } from 'zod'
import {
  addRecord,
  deleteRecord,
  overwriteRecord,
  readRecords,
  recordChanges,
  recordState,
  removeRecord,
  updateRecord,
  type NewRecord,
  type StoredRecord,
} from '#items'
import type { OpenAccount, Transaction } from '#storage'
import { SetError } from '../calls/errors.ts'
import type { CallSession, Method } from '../calls/method.ts'
import type { DataType } from '../capability.ts'
import { idsWith, type Ids } from '../ids.ts'
import { applyPatch } from '../json/patch.ts'
import { changesMethod } from './changes.ts'
import { getMethod, type Shown } from './get.ts'
import { changesOf, pointOf } from './points.ts'
import { oneByOne, setMethod } from './set.ts'

type Json = Record<string, unknown>

/** A type whose objects are records (`items/records`): what it may hold, and what its own rules are. */
export interface RecordDescription<Value extends Json> {
  /** Such as `Template`. */
  type: string
  /** The record's kind, such as `template`. */
  kind: string
  /** Which its ids begin with. */
  letter: string
  /** What a client may set; one that may be left out has a default in it. */
  schema: z.ZodObject<z.ZodRawShape>
  /** Set at creation only. */
  immutable?: readonly string[]
  /** Shown beside those of the schema, and never set by a client. */
  serverSet?: readonly string[]
  /** How a record is shown beyond its value. */
  show?(record: StoredRecord<Value>, account: OpenAccount): Json | Promise<Json>
  /**
   * What the schema cannot say. May give another value to keep. @throws SetError
   * @param before  the value now; undefined at creation
   */
  check?(session: CallSession, account: OpenAccount, value: Value, before: Value | undefined): Promise<Value>
  /** What of a value the record is found by, due at, or belongs to. */
  place?(value: Value, account: OpenAccount): Pick<NewRecord, 'lookup' | 'itemId' | 'dueAt'>
  /** Runs in the transaction that writes. @throws SetError */
  also?(tx: Transaction, value: Value, before: Value | undefined): Promise<void>
  /** Whether such a value stands in the timeline and comes back when somebody deletes or overwrites it; left out for never. */
  isRestorable?(value: Value): boolean
  mayDestroy?(session: CallSession, account: OpenAccount, record: StoredRecord<Value>): Promise<void>
}

export interface RecordMethods {
  ids: Ids
  /** /get, /changes and /set. */
  methods: Method[]
  type: DataType
}

/** The standard methods of a type whose objects are records. RFC 8620 §5.1 to §5.3. */
export function recordMethods<Value extends Json>(description: RecordDescription<Value>): RecordMethods {
  const {
    type,
    kind,
    letter,
    schema,
    immutable = [],
    serverSet = [],
    show,
    check,
    place,
    also,
    isRestorable = () => false,
    mayDestroy,
  } = description
  const ids = idsWith(letter)
  const settable = Object.keys(schema.shape)
  const state = async (account: OpenAccount): Promise<string> => String(await recordState(account, kind))

  const shown = async (record: StoredRecord<Value>, account: OpenAccount): Promise<Shown> => ({
    ...record.value,
    ...(await show?.(record, account)),
    id: ids.of(record.id),
  })

  const parse = (given: Json): Value => {
    const parsed = schema.strict().safeParse(given)
    if (parsed.success) return parsed.data as Value
    // Names of unknown properties stand in the issue, those of wrong ones in its path.
    const names = parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0])],
    )
    throw new SetError('invalidProperties', undefined, { properties: [...new Set(names)] })
  }

  const find = async (account: OpenAccount, id: string): Promise<StoredRecord<Value>> => {
    const number = ids.numberOf(id)
    const [record] = number === undefined ? [] : await readRecords<Value>(account, kind, [number])
    if (record === undefined) throw new SetError('notFound')
    return record
  }

  const get = getMethod({
    type,
    properties: [...settable, ...serverSet],
    state,
    load: async (_session, account, wanted) =>
      Promise.all(
        (await readRecords<Value>(account, kind, wanted.ids === null ? null : ids.numbersOf(wanted.ids))).map(
          (record) => shown(record, account),
        ),
      ),
  })

  const changes = changesMethod({
    type,
    changes: async (account, since, most) =>
      changesOf(await recordChanges(account, kind, pointOf(since), most), ids.of),
  })

  const set = setMethod({
    type,
    state,
    apply: oneByOne({
      async create(session, account, given) {
        const wished = parse(given)
        const value = (await check?.(session, account, wished, undefined)) ?? wished
        const id = await account.write(async (tx) => {
          await also?.(tx, value, undefined)
          return addRecord(tx, { kind, value, ...place?.(value, account) })
        })
        const whole = await shown(await find(account, ids.of(id)), account)
        // What the client said it knows already.
        return {
          ...Object.fromEntries(
            Object.entries(whole).filter(([name, is]) => JSON.stringify(is) !== JSON.stringify(given[name])),
          ),
          id: whole.id,
        }
      },
      async update(session, account, id, patch) {
        const record = await find(account, id)
        const before = await shown(record, account)
        const patched = applyPatch(before, patch)
        const fixed = ['id', ...serverSet, ...immutable]
        const wrong = fixed.filter((name) => JSON.stringify(patched[name]) !== JSON.stringify(before[name]))
        if (wrong.length > 0) throw new SetError('invalidProperties', undefined, { properties: wrong })
        const wished = parse(
          Object.fromEntries(Object.entries(patched).filter(([name]) => name !== 'id' && !serverSet.includes(name))),
        )
        const value = (await check?.(session, account, wished, record.value)) ?? wished
        await account.write(async (tx) => {
          await also?.(tx, value, record.value)
          const { lookup = null, dueAt = null } = place?.(value, account) ?? {}
          const write = isRestorable(record.value) ? overwriteRecord : updateRecord
          await write(tx, kind, record.id, { value, lookup, dueAt })
        })
        const after = await shown({ ...record, value }, account)
        const different = Object.entries(after).filter(
          ([name, is]) => JSON.stringify(is) !== JSON.stringify(patched[name]),
        )
        return different.length === 0 ? null : Object.fromEntries(different)
      },
      async destroy(session, account, id) {
        const record = await find(account, id)
        await mayDestroy?.(session, account, record)
        const end = isRestorable(record.value) ? deleteRecord : removeRecord
        await account.write((tx) => end(tx, kind, record.id))
      },
    }),
  })

  return { ids, methods: [get, changes, set], type: { name: type, state } }
}
