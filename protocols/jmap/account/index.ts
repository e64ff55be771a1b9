import type { Capability } from '../capability.ts'
import { settingsMethods, settingsType } from './settings.ts'
import { signInMethods } from './sign-ins.ts'

/** What no RFC has: a person's settings, and where they are signed in. docs/jmap-extensions.md. */
export const account: Capability = {
  uri: 'urn:zegel:account',
  server: () => ({}),
  account: () => ({}),
  methods: [...settingsMethods, ...signInMethods],
  types: [settingsType],
}
