import { account } from './account/index.ts'
import type { Capability } from './capability.ts'
import { core } from './core/index.ts'
import { deleted } from './deleted/index.ts'
import { extras } from './extras/index.ts'
import { lists } from './lists/index.ts'
import { mail } from './mail/index.ts'
import { mdn } from './mdn/index.ts'
import { privacy } from './privacy/index.ts'
import { webSocketCapability } from './push/web-socket.ts'
import { sieve, sieveTrial } from './sieve/index.ts'
import { submission } from './submission/index.ts'
import { support } from './support/index.ts'
import { vacation } from './vacation/index.ts'

/** All that the server speaks. A new specification is one more line here. */
export const capabilities: readonly Capability[] = [
  core,
  webSocketCapability,
  account,
  privacy,
  support,
  mail,
  submission,
  extras,
  lists,
  deleted,
  vacation,
  sieve,
  sieveTrial,
  mdn,
]
