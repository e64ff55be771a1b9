import { z } from 'zod'
import { openDns } from '#system'
import { act } from '#trust/desk'
import { lookAtSetup, type SetupState } from './look.ts'
import { setupSentence, setupTitle } from './words.ts'

/** What is missing before the first letter, in words. */
export interface ShownSetup {
  items: { title: string; sentence: string; state: SetupState }[]
}

/** For each of two tries of a name server: somebody waits for the page. */
const WAIT_MS = 1500

/** Looks now. No other server is called, for nobody is named who may be. */
const look = act({
  name: 'setup.look',
  roles: ['operations'],
  given: z.object({ language: z.enum(['de', 'fr', 'nl', 'en']) }),
  async run({ storage, config }, { language }): Promise<ShownSetup> {
    const items = await lookAtSetup({ config, storage, dns: openDns(config, WAIT_MS) })
    return {
      items: items.map((item) => ({
        title: setupTitle(item, language),
        sentence: setupSentence(item, language),
        state: item.state,
      })),
    }
  },
})

export const setupActs = [look]
