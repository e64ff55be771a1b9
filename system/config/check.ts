import { existsSync } from 'node:fs'
import { Settings } from './settings.ts'

/** What is wrong with a setting: its dotted name and a sentence, never its value. */
export interface Complaint {
  setting: string
  complaint: string
}

/** Checks settings as parsed from a file. Returns them whole, or everything that is wrong with them. */
export function checkConfig(raw: unknown): { settings: Settings } | { complaints: Complaint[] } {
  const parsed = Settings.safeParse(raw)
  if (!parsed.success)
    return {
      complaints: parsed.error.issues.map((issue) => ({
        setting: issue.path.join('.') || '(file)',
        complaint: issue.message,
      })),
    }
  const complaints = rules
    .filter((rule) => rule.broken(parsed.data))
    .map(({ setting, complaint }) => ({ setting, complaint }))
  return complaints.length > 0 ? { complaints } : { settings: parsed.data }
}

/** Settings that are each valid and do not go together. */
const rules: (Complaint & { broken: (settings: Settings) => boolean })[] = [
  {
    setting: 'cleartextOnLoopback',
    complaint: 'exists in a trial configuration only',
    broken: (s) => s.cleartextOnLoopback && !s.trial,
  },
  {
    setting: 'cleartextOnLoopback',
    complaint: 'does not go together with proxies: behind one every visitor would seem to be on this machine',
    broken: (s) => s.cleartextOnLoopback && s.proxies.length > 0,
  },
  {
    setting: 'operator.name',
    complaint: 'whoever signs up is told who runs the service: operator.name and operator.contact are wanted',
    broken: (s) => s.signUp.isOpen && !s.trial && (s.operator.name === undefined || s.operator.contact === undefined),
  },
  {
    setting: 'signUp.disposableDomains',
    complaint: 'there is no such file',
    broken: ({ signUp: { disposableDomains: file } }) => file !== undefined && !existsSync(file),
  },
  {
    setting: 'metrics.host',
    complaint:
      'anybody who reaches it could read the figures: metrics.tokenFile is wanted with any address but 127.0.0.1 and ::1',
    broken: ({ metrics: { host, tokenFile } }) => host !== '127.0.0.1' && host !== '::1' && tokenFile === undefined,
  },
  {
    setting: 'fetch.allow',
    complaint: 'exists in a trial configuration only',
    broken: (s) => s.fetch.allow.length > 0 && !s.trial,
  },
  {
    setting: 'trial',
    complaint: 'a clock offset is accepted in a trial configuration only',
    broken: (s) => !s.trial && process.env['ZEGEL_CLOCK_OFFSET_SECONDS'] !== undefined,
  },
]
