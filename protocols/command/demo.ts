import { EXIT, type Command } from './command.ts'
import { fillDemo } from './demo/fill.ts'

export const demoCommands: Command[] = [
  {
    name: 'demo',
    usage: '[--again]',
    summary:
      'Fills two accounts, hanne and tom at the host name, with mail to look at; --again adds only what is missing.',
    arguments: [0, 0],
    options: { again: { type: 'boolean' } },
    async run({ options, print, withStorage }) {
      const accounts = await withStorage((storage, config) =>
        fillDemo(storage, config.hostname, { again: options['again'] === true }),
      )
      print({ accounts }, () =>
        accounts
          .map(({ address, password, letters, added }) =>
            password === undefined
              ? `${address} was there already: ${letters} letters, ${added} of them added now.`
              : `${address} has ${letters} letters. Its password is ${password}, shown this once.`,
          )
          .join('\n'),
      )
      return EXIT.ok
    },
  },
]
