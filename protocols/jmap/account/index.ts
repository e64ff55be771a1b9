import { mailServers, MOST_APP_PASSWORDS } from '#accounts'
import type { Capability } from '../capability.ts'
import { addressMethods } from './addresses.ts'
import { appPasswordMethods } from './app-passwords.ts'
import { closingMethods } from './closing.ts'
import { consentMethods } from './consent.ts'
import { domainMethods } from './domains.ts'
import { passwordMethods } from './password.ts'
import { recoveryMethods } from './recovery.ts'
import { recoveryWaitMethods, recoveryWaitType } from './recovery-wait.ts'
import { secondFactorMethods } from './second-factor.ts'
import { suspensionMethods } from './suspension.ts'
import { settingsMethods, settingsType } from './settings.ts'
import { signInMethods } from './sign-ins.ts'

/** What no RFC has: a person's settings, where they are signed in, their passwords and second factors, the way back in, what they have agreed to. docs/jmap-extensions.md. */
export const account: Capability = {
  uri: 'urn:zegel:account',
  needs: 'owner',
  server: (config) => ({
    mailServers: mailServers(config),
    appPasswordScopes: ['mail'],
    maxAppPasswords: MOST_APP_PASSWORDS,
    maxOwnDomains: config.domains.most,
    maxAliases: config.aliases.most,
  }),
  account: () => ({}),
  methods: [
    ...settingsMethods,
    ...signInMethods,
    ...passwordMethods,
    ...appPasswordMethods,
    ...addressMethods,
    ...recoveryMethods,
    ...recoveryWaitMethods,
    ...secondFactorMethods,
    ...closingMethods,
    ...suspensionMethods,
    ...consentMethods,
    ...domainMethods,
  ],
  types: [settingsType, recoveryWaitType],
}
