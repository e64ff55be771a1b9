import { createDomain, listDomains } from '#accounts'
import { EXIT, type Command } from './command.ts'

export const domainCommands: Command[] = [
  {
    name: 'domain add',
    usage: 'DOMAIN',
    summary: 'Takes mail for a domain from now on.',
    arguments: [1, 1],
    options: {},
    async run({ positionals, print, withStorage }) {
      const domain = positionals[0] as string
      await withStorage((storage) => createDomain(storage, domain))
      print({ domain }, () => `Mail for ${domain} is taken.`)
      return EXIT.ok
    },
  },
  {
    name: 'domain list',
    usage: '',
    summary: 'Lists the domains.',
    arguments: [0, 0],
    options: {},
    async run({ print, withStorage }) {
      const domains = await withStorage(listDomains)
      print(domains, () => domains.map(({ domain }) => domain).join('\n'))
      return EXIT.ok
    },
  },
]
