import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Refusal } from '../refusal.ts'
import { checkConfig } from './check.ts'
import { dataFolder } from './folder.ts'
import type { Config } from './settings.ts'
import { readToml, setByPath } from './toml.ts'
import { writeTrial } from './trial.ts'

/**
 * Reads the settings file named by `ZEGEL_CONFIG` (default `config.toml` in the data folder). Without one, and only
 * with `createTrial`, a trial configuration is written there.
 * @param overrides  dotted settings from a command line, such as `{ 'smtp.port': '2600' }`
 * @throws Refusal 'invalid' with one field per complaint, worded for the operator
 */
export function loadConfig({ createTrial = false, overrides = {} as Record<string, string> } = {}): Config {
  const folder = dataFolder()
  const configFile = resolve(process.env['ZEGEL_CONFIG'] ?? join(folder, 'config.toml'))
  if (!existsSync(configFile) && createTrial) writeTrial(configFile)
  if (!existsSync(configFile)) throw new Refusal('invalid', { fields: [`${configFile}: there is no settings file`] })

  const raw = readToml(configFile)
  for (const [name, value] of Object.entries(overrides)) setByPath(raw, name, value)
  if (process.env['DATABASE_URL'] !== undefined)
    setByPath(raw, 'database.url', JSON.stringify(process.env['DATABASE_URL']))
  const checked = checkConfig(raw)
  if ('complaints' in checked)
    throw new Refusal('invalid', { fields: checked.complaints.map((c) => `${c.setting}: ${c.complaint}`) })

  const { settings } = checked
  const shifted = portOffset()
  return {
    ...settings,
    http: { ...settings.http, port: shifted(settings.http.port) },
    https: { ...settings.https, port: shifted(settings.https.port) },
    smtp: { ...settings.smtp, port: shifted(settings.smtp.port) },
    imap: { ...settings.imap, port: shifted(settings.imap.port), tlsPort: shifted(settings.imap.tlsPort) },
    pop3: { ...settings.pop3, port: shifted(settings.pop3.port), tlsPort: shifted(settings.pop3.tlsPort) },
    managesieve: { ...settings.managesieve, port: shifted(settings.managesieve.port) },
    desk: { ...settings.desk, port: shifted(settings.desk.port) },
    metrics: {
      ...settings.metrics,
      ...(settings.metrics.port === undefined ? {} : { port: shifted(settings.metrics.port) }),
    },
    submission: { port: shifted(settings.submission.port), tlsPort: shifted(settings.submission.tlsPort) },
    dataFolder: folder,
    keyFile: resolve(process.env['ZEGEL_KEY'] ?? `${folder}.key`),
    configFile,
  }
}

function portOffset(): (port: number) => number {
  const offset = Number(process.env['ZEGEL_PORT_OFFSET'] ?? 0)
  if (!Number.isInteger(offset))
    throw new Refusal('invalid', { fields: ['ZEGEL_PORT_OFFSET: a whole number is wanted'] })
  return (port) => (port === 0 ? 0 : port + offset)
}
