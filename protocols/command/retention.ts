import { brakeState, releaseBrake, type HeldFor } from '#trust/retention'
import { EXIT, type Command } from './command.ts'

const REASONS: Record<HeldFor, string> = {
  clocksDisagree:
    'the clock of this machine and that of the database are more than an hour apart. Set them right first.',
  clockWentBack: 'the clock went back.',
  clockWentAhead:
    'the clock is more than a week ahead of the last time something was erased. The server was off, or the clock is wrong.',
  tooManyItems: 'most of what was deleted is due at once.',
  tooManyDays: 'most days of the journal are due at once.',
}

export const retentionCommands: Command[] = [
  {
    name: 'retention',
    usage: '',
    summary: 'Says whether what is due is erased, and exits with 1 when that has stopped by itself, and why.',
    arguments: [0, 0],
    options: {},
    async run({ print, withStorage }) {
      const state = await withStorage(brakeState)
      print(state ?? null, () => {
        if (state === undefined) return 'Nothing was due yet.'
        if (state.heldFor === undefined) return `What is due is erased; last looked at ${state.seenAt.toISOString()}.`
        return [
          `Nothing is erased since ${state.heldAt?.toISOString() ?? '?'}: ${REASONS[state.heldFor]}`,
          'Look at the clock ("date -u"). When it is right: zegel retention release',
        ].join('\n')
      })
      return state?.heldFor === undefined ? EXIT.ok : EXIT.refused
    },
  },
  {
    name: 'retention release',
    usage: '',
    summary: 'Lets erasing go on after it has stopped by itself. What is erased then cannot be brought back.',
    arguments: [0, 0],
    options: {},
    async run({ print, withStorage }) {
      await withStorage((storage) => releaseBrake(storage))
      print({ released: true }, () => 'What is due will be erased within five minutes, by the clock as it is now.')
      return EXIT.ok
    },
  },
]
