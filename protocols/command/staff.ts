import { STAFF_ROLES } from '#policy'
import { addMember, changeRoles, endMember, inviteAgain, listMembers } from '#trust/staff'
import type { Config } from '#system'
import { EXIT, type Command } from './command.ts'

const rolesOf = (option: unknown): string[] =>
  (typeof option === 'string' ? option : '')
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '')

const ROLES = STAFF_ROLES.join('|')

const howToEnrol = ({ hostname, desk }: Config, login: string, code: string): string =>
  `Their code is ${code}
It is shown this once and good for a day. With it they set a password and a second factor at
  https://${desk.host === '127.0.0.1' ? 'localhost' : hostname}:${desk.port}/en/enrol?login=${login}`

export const staffCommands: Command[] = [
  {
    name: 'staff add',
    usage: `LOGIN --name NAME --roles ${ROLES}[,…]`,
    summary: 'Lets somebody work at the desk; prints a code by which they set a password and a second factor.',
    arguments: [1, 1],
    options: { name: { type: 'string' }, roles: { type: 'string' } },
    async run({ positionals: [login = ''], options, print, withStorage }) {
      const { id, code, config } = await withStorage(async (storage, settings) => ({
        ...(await addMember(storage, {
          login,
          name: typeof options['name'] === 'string' ? options['name'] : '',
          roles: rolesOf(options['roles']),
        })),
        config: settings,
      }))
      print({ id, login, code }, () => `${login} is number ${id} of the staff. ${howToEnrol(config, login, code)}`)
      return EXIT.ok
    },
  },
  {
    name: 'staff list',
    usage: '',
    summary: 'Lists who works at the desk, or did.',
    arguments: [0, 0],
    options: {},
    async run({ print, withStorage }) {
      const members = await withStorage((storage) => listMembers(storage))
      print(members, () =>
        members
          .map(({ id, login, name, roles, endedAt, isEnrolled }) =>
            [
              String(id).padEnd(4),
              login.padEnd(20),
              (endedAt === null ? roles.join(',') : 'ended').padEnd(28),
              name,
              ...(isEnrolled || endedAt !== null ? [] : ['(has not set a password)']),
            ].join(' '),
          )
          .join('\n'),
      )
      return EXIT.ok
    },
  },
  {
    name: 'staff roles',
    usage: `LOGIN --roles ${ROLES}[,…]`,
    summary: 'Says anew what somebody does at the desk.',
    arguments: [1, 1],
    options: { roles: { type: 'string' } },
    async run({ positionals: [login = ''], options, print, withStorage }) {
      const id = await withStorage((storage) => changeRoles(storage, login, rolesOf(options['roles'])))
      print({ id, login }, () => `${login} has these roles now.`)
      return EXIT.ok
    },
  },
  {
    name: 'staff invite',
    usage: 'LOGIN',
    summary: 'For somebody who has lost password or second factors: takes both, and prints a new code.',
    arguments: [1, 1],
    options: {},
    async run({ positionals: [login = ''], print, withStorage }) {
      const { code, config, id } = await withStorage(async (storage, settings) => ({
        ...(await inviteAgain(storage, login)),
        config: settings,
      }))
      print({ id, login, code }, () => howToEnrol(config, login, code))
      return EXIT.ok
    },
  },
  {
    name: 'staff end',
    usage: 'LOGIN',
    summary: 'Ends somebody’s work at the desk, at once; their number stays with what they did.',
    arguments: [1, 1],
    options: {},
    async run({ positionals: [login = ''], print, withStorage }) {
      const id = await withStorage((storage) => endMember(storage, login))
      print({ id, login }, () => `${login} no longer works here.`)
      return EXIT.ok
    },
  },
]
