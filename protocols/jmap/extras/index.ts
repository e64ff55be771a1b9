import type { Capability } from '../capability.ts'
import { searchExtras } from '../mail/search/index.ts'
import { correspondents } from './correspondents.ts'
import { allowedSenders, blockedSenders } from './listed-senders.ts'
import { maskedAddresses } from './masked-addresses.ts'
import { notes } from './notes.ts'
import { reminders } from './reminders.ts'
import { snoozes } from './snoozes.ts'
import { storyMethods } from './stories.ts'
import { templates } from './templates.ts'
import { trustedSenders } from './trusted-senders.ts'
import { unsubscribe } from './unsubscribe.ts'

const families = [
  templates,
  notes,
  blockedSenders,
  allowedSenders,
  trustedSenders,
  correspondents,
  snoozes,
  reminders,
  maskedAddresses,
]

/** What a webmail has that no RFC describes. docs/jmap-extensions.md. */
export const extras: Capability = {
  uri: 'urn:zegel:mail',
  needs: 'mail',
  server: (config, origin) => ({
    pictureUrl: `${origin}/jmap/picture/{accountId}?url={url}`,
    maxMaskedAddresses: config.masked.most,
    indicatorUrl: config.arrival.indicators ? `${origin}/jmap/indicator/{accountId}/{emailId}` : null,
  }),
  account: () => ({}),
  methods: [...families.flatMap(({ methods }) => methods), ...storyMethods, unsubscribe, ...searchExtras],
  types: families.map(({ type }) => type),
}
