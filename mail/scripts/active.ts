import { openSettings } from '#accounts'
import { parseScript, SieveError, type Script } from '#formats/sieve'
import type { OpenAccount } from '#storage'
import { ACTIVE, SCRIPT, SCRIPT_EXTENSIONS, type ScriptText } from './script.ts'

/** The script that files what arrives. */
export interface ActiveScript {
  script: Script
  /** The time zone of its owner. */
  zone: string
  /** Another script of the same owner, for `include` (RFC 6609). */
  named(name: string): Script | undefined
}

interface Opened {
  change: number
  active: ActiveScript | undefined
}

/** Scripts as they were last read: parsing a long one takes as long as filing ten letters by it. */
const opened = new WeakMap<OpenAccount, Opened>()

/**
 * The active script of an account; undefined where there is none, or one that this version does not understand. The receiver may ask,
 * and is to ask only where it knows that there is one (`ACTIVE_LOOKUP`).
 */
export async function activeScript(account: OpenAccount): Promise<ActiveScript | undefined> {
  const known = opened.get(account)
  const { rows } = await account.sql<Row>`
    select kind, record_id, sealed, newest from filing_scripts(${account.id}, ${known?.change ?? -1})`
  const [first] = rows
  if (first === undefined) return known?.active
  const active = openScripts(account, rows)
  opened.set(account, { change: first.newest, active })
  return active
}

interface Row {
  kind: typeof SCRIPT | typeof ACTIVE | 'settings'
  record_id: number
  sealed: Buffer | null
  newest: number
}

function openScripts(account: OpenAccount, rows: readonly Row[]): ActiveScript | undefined {
  const texts = new Map<string, string>()
  const byId = new Map<number, string>()
  let activeId: number | undefined
  let zone = openSettings(account, null).timeZone
  for (const { kind, record_id: id, sealed } of rows) {
    if (kind === 'settings') zone = openSettings(account, sealed).timeZone
    if (kind === 'settings' || sealed === null) continue
    const value: unknown = JSON.parse(account.open('record', `${kind}/${id}`, sealed).toString())
    if (kind === ACTIVE) activeId = value as number
    else {
      const { name, text } = value as ScriptText
      texts.set(name, text)
      byId.set(id, text)
    }
  }
  const text = activeId === undefined ? undefined : byId.get(activeId)
  const script = text === undefined ? undefined : parse(text)
  return script === undefined ? undefined : { script, zone, named: namedOf(texts) }
}

/** Each is parsed with the first letter that asks for it. */
function namedOf(texts: ReadonlyMap<string, string>): ActiveScript['named'] {
  const parsed = new Map<string, Script | undefined>()
  return (name) => {
    const kept = name.normalize('NFC')
    if (!parsed.has(kept)) {
      const text = texts.get(kept)
      parsed.set(kept, text === undefined ? undefined : parse(text))
    }
    return parsed.get(kept)
  }
}

/** It was checked when it was kept. An older version may have known what this one does not. */
function parse(text: string): Script | undefined {
  try {
    return parseScript(text, SCRIPT_EXTENSIONS)
  } catch (error) {
    if (error instanceof SieveError) return undefined
    throw error
  }
}
