import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig } from './config.ts'

const complaintsAbout = (settings: object): string[] => {
  const checked = checkConfig({ hostname: 'zegel.example', ...settings })
  return 'complaints' in checked ? checked.complaints.map(({ setting }) => setting) : []
}

for (const setting of ['journal.days', 'retention.deletedDays'])
  test(`${setting} is a whole number of days`, () => {
    const [table, name] = setting.split('.') as [string, string]
    for (const days of [1, 30, 45]) assert.deepEqual(complaintsAbout({ [table]: { [name]: days } }), [], `${days}`)
    for (const days of [0, -1, 0.5, 1e9, '30', null])
      assert.deepEqual(complaintsAbout({ [table]: { [name]: days } }), [setting], `${days}`)
  })
