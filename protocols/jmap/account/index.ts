import type { Capability } from '../capability.ts'
import { passwordMethods } from './password.ts'
import { recoveryMethods } from './recovery.ts'
import { settingsMethods, settingsType } from './settings.ts'
import { signInMethods } from './sign-ins.ts'

/** What no RFC has: a person's settings, where they are signed in, their password and the way back in. docs/jmap-extensions.md. */
export const account: Capability = {
  uri: 'urn:zegel:account',
  server: () => ({}),
  account: () => ({}),
  methods: [...settingsMethods, ...signInMethods, ...passwordMethods, ...recoveryMethods],
  types: [settingsType],
}
