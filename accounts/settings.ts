import { z } from 'zod'
import { Refusal } from '#system'
import type { OpenAccount, Sql } from '#storage'

/** Labels of one account. */
const MOST_LABELS = 200

/** A name of IANA's time zone database. Intl also takes offsets such as "+01:00", which know no summer time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const Label = z.strictObject({
  name: z.string().trim().min(1).max(100),
  color: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4), z.literal(5), z.literal(6)]),
})

/** A keyword as JMAP writes it (RFC 8621 §4.1.1), in lower case. */
const Keyword = z.string().regex(/^[!#$&'+,\-./0-9:;<=>?@[^_`a-z|}~]{1,255}$/)

const Settings = z.strictObject({
  language: z.enum(['de', 'fr', 'nl', 'en']),
  timeZone: z.string().max(64).refine(isTimeZone),
  theme: z.enum(['system', 'light', 'dark']),
  density: z.enum(['compact', 'regular', 'relaxed']),
  /** Name and colour of the keywords that are shown as labels. */
  labels: z.record(Keyword, Label).refine((labels) => Object.keys(labels).length <= MOST_LABELS),
  /** How long a letter that was sent can be taken back; 0 for not at all. */
  undoSeconds: z.union([z.literal(0), z.literal(5), z.literal(10), z.literal(20), z.literal(30)]),
  /** Pictures that a letter would load from elsewhere. */
  remotePictures: z.enum(['ask', 'never', 'always']),
  composeFormat: z.enum(['rich', 'plain']),
  /** Whether single keys do something. */
  singleKeys: z.boolean(),
  /** Whether the browser tells of new mail. */
  notifications: z.boolean(),
  /** Whether what mail programs send by SMTP is kept in Sent. */
  copySent: z.boolean(),
})

/** What a person has chosen. Sealed with the account's key. */
export type Settings = z.infer<typeof Settings>

const DEFAULTS: Settings = {
  language: 'en',
  timeZone: 'Europe/Brussels',
  theme: 'system',
  density: 'regular',
  labels: {},
  undoSeconds: 10,
  remotePictures: 'ask',
  composeFormat: 'rich',
  singleKeys: true,
  notifications: false,
  copySent: false,
}

const Patch = Settings.partial()

/** The settings of a new account, sealed for its row. @throws Refusal 'invalid' */
export const newSettings = (account: OpenAccount, patch: Partial<Settings>): Buffer =>
  seal(account, { ...DEFAULTS, ...check(patch) })

export const readSettings = (account: OpenAccount): Promise<Settings> => read(account, account.sql)

/**
 * Replaces what the patch names; labels are replaced together.
 * @returns the settings now
 * @throws Refusal 'invalid' with the names of the settings at fault
 */
export async function writeSettings(account: OpenAccount, patch: Partial<Settings>): Promise<Settings> {
  const checked = check(patch)
  return account.write(async (tx) => {
    const settings = { ...(await read(account, tx.sql)), ...checked }
    await tx.sql`
      update account set settings = ${seal(account, settings)}, settings_change = ${tx.change}
      where account_id = ${account.id}`
    return settings
  })
}

/** The account's change number that last touched its settings: their JMAP state. */
export async function settingsState(account: OpenAccount): Promise<number> {
  const { rows } = await account.sql<{ settings_change: number }>`
    select settings_change from account where account_id = ${account.id}`
  if (rows[0] === undefined) throw new Refusal('notFound')
  return rows[0].settings_change
}

async function read(account: OpenAccount, sql: Sql): Promise<Settings> {
  const { rows } = await sql<{ settings: Buffer | null }>`select settings from account where account_id = ${account.id}`
  if (rows[0] === undefined) throw new Refusal('notFound')
  return openSettings(account, rows[0].settings)
}

/** Settings as they stand in the account's row. One that an older version did not know has its default. */
export const openSettings = (account: OpenAccount, sealed: Buffer | null): Settings =>
  sealed === null
    ? DEFAULTS
    : { ...DEFAULTS, ...(JSON.parse(account.open('account', 'settings', sealed).toString()) as Partial<Settings>) }

const seal = (account: OpenAccount, settings: Settings): Buffer =>
  account.seal('account', 'settings', JSON.stringify(settings))

/** Only the names of settings are told: below them stands what a person wrote. */
function check(patch: unknown): Partial<Settings> {
  const parsed = Patch.safeParse(patch)
  if (parsed.success) return parsed.data
  const fields = new Set(parsed.error.issues.map((issue) => String(issue.path[0] ?? 'settings')))
  throw new Refusal('invalid', { fields: [...fields] })
}
