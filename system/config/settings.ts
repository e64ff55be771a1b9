import { z } from 'zod'
import { server } from './server.ts'
import { listeners } from './listeners.ts'
import { arrival } from './arrival.ts'
import { departure } from './departure.ts'
import { people } from './people.ts'
import { promises } from './promises.ts'
import { tls } from './tls.ts'

/** All that can be set, and what it is when nobody has. */
export const Settings = z.strictObject({
  ...server,
  ...listeners,
  ...arrival,
  ...departure,
  ...people,
  ...promises,
  ...tls,
})

export type Settings = z.infer<typeof Settings>

/** The settings in force, with the folders they apply to. All ports already carry `ZEGEL_PORT_OFFSET`. */
export interface Config extends Settings {
  readonly dataFolder: string
  readonly keyFile: string
  readonly configFile: string
}
