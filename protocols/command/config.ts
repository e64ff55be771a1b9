import { followPromises, readPromises, refuseBrokenPromises } from '#policy'
import { loadConfig, Refusal } from '#system'
import { EXIT, type Command } from './command.ts'

export const configCommands: Command[] = [
  {
    name: 'config check',
    usage: '[--set KEY=VALUE …]',
    summary:
      'Checks the settings, with further ones tried on top, and says what is wrong and which promises they break.',
    arguments: [0, 0],
    options: { set: { type: 'string', multiple: true } },
    async run({ options, print }) {
      const pairs = ((options['set'] ?? []) as string[]).map((pair) => {
        const at = pair.indexOf('=')
        if (at < 1) throw new Refusal('invalid', { fields: [`--set ${pair}: KEY=VALUE is wanted`] })
        return [pair.slice(0, at), pair.slice(at + 1)] as const
      })
      try {
        const config = loadConfig({ overrides: Object.fromEntries(pairs) })
        const promises = readPromises(config)
        followPromises(config, promises)
        refuseBrokenPromises(config, promises)
        const { configFile } = config
        print({ isValid: true, configFile }, () => `${configFile} is valid.`)
        return EXIT.ok
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        print({ isValid: false, complaints: error.fields }, () => error.fields.join('\n'))
        return EXIT.config
      }
    },
  },
]
