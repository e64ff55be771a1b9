import { readDevices } from '#items'
import { nowMs } from '#system'
import { getMethod } from '../families/get.ts'
import { utcDateOf } from '../mail/ids.ts'
import { deviceId, restorableSince } from './ids.ts'
import { state } from './items.ts'

/** By what something was deleted that can still be brought back. docs/jmap-extensions.md. */
const get = getMethod({
  type: 'DeletedDevice',
  properties: ['device', 'lastAt'],
  state,
  async load({ context: { config } }, account, { ids }) {
    const devices = await readDevices(account, restorableSince(config, nowMs()))
    const shown = devices.map(({ key, device, lastAt }) => ({
      id: deviceId(key),
      device: device ?? null,
      lastAt: utcDateOf(lastAt),
    }))
    return ids === null ? shown : shown.filter(({ id }) => ids.includes(id))
  },
})

export const deviceMethods = [get]
