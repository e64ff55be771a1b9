import { account } from './account/index.ts'
import type { Capability } from './capability.ts'
import { core } from './core/index.ts'
import { mail } from './mail/index.ts'
import { webSocketCapability } from './push/web-socket.ts'

/** All that the server speaks. A new specification is one more line here. */
export const capabilities: readonly Capability[] = [core, webSocketCapability, account, mail]
