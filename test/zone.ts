/** Puts records into the table of a name server of a test, as somebody does who copies what they are told. */
import type { Zone } from './name-server.ts'

/** A name of a zone as the table has it. */
type Named = Exclude<Zone[string], string>

interface Record {
  name: string
  type: string
  value: string
}

/** How each type is read from the value that a zone file would have. */
const READ: { [type: string]: (value: string) => Named } = {
  TXT: (value) => ({ TXT: [value] }),
  A: (value) => ({ A: [value] }),
  AAAA: (value) => ({ AAAA: [value] }),
  PTR: (value) => ({ PTR: [value] }),
  CNAME: (value) => ({ CNAME: value }),
  MX(value) {
    const [preference, exchange = ''] = value.split(' ')
    return { MX: [{ preference: Number(preference), exchange }] }
  },
  SRV(value) {
    const [priority, weight, port, target = ''] = value.split(' ')
    return { SRV: [{ priority: Number(priority), weight: Number(weight), port: Number(port), target }] }
  },
  CAA(value) {
    const [, flags, tag, text = ''] = /^(\d+) (\w+) "(.*)"$/.exec(value) ?? []
    return { CAA: [{ flags: Number(flags), tag: tag as 'issue', value: text }] }
  },
}

/** Beside what its name has of other types, in place of what it has of this one. */
export function putRecord(zone: Zone, { name, type, value }: Record): void {
  const known = zone[name]
  const read = READ[type]
  if (read === undefined) throw new Error(`no test has put a record of the type ${type} yet`)
  zone[name] = { ...(typeof known === 'object' ? known : {}), ...read(value) }
}
