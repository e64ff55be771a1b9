import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig } from './index.ts'

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

const BUCKET = {
  endpoint: 'https://s3.example.net',
  region: 'eu-west-1',
  bucket: 'backups',
  accessKeyId: 'AKIA0',
  secretKeyFile: '/etc/zegel/s3',
}

const WRONG_STORES: [what: string, s3: object, setting: string][] = [
  ['in clear over the network', { endpoint: 'http://s3.example.net' }, 'endpoint'],
  ['in clear at a name that only sounds like here', { endpoint: 'http://127.0.0.1.example.net' }, 'endpoint'],
  ['in clear at a private address', { endpoint: 'http://10.0.0.1:9000' }, 'endpoint'],
  ['with a password in it', { endpoint: 'https://a:b@s3.example.net' }, 'endpoint'],
  ['with a path', { endpoint: 'https://s3.example.net/backups' }, 'endpoint'],
  ['with a query', { endpoint: 'https://s3.example.net?x=y' }, 'endpoint'],
  ['that is a file', { endpoint: 'file:///mnt' }, 'endpoint'],
  ['with a bucket that leads elsewhere', { bucket: '../other' }, 'bucket'],
  ['with a prefix that leads upwards', { prefix: 'a/../' }, 'prefix'],
  ['with a prefix that is no folder', { prefix: 'a' }, 'prefix'],
  ['with a region that is none', { region: 'eu/west' }, 'region'],
  ['with an id that breaks a line', { accessKeyId: 'a\nb' }, 'accessKeyId'],
  ['with a secret that lies somewhere', { secretKeyFile: 'secret' }, 'secretKeyFile'],
  ['with the secret itself', { secretKey: 'x' }, ''],
]
for (const [what, wrong, name] of WRONG_STORES)
  test(`a store for backups ${what} is refused`, () => {
    const setting = ['backup', 's3', ...(name === '' ? [] : [name])].join('.')
    assert.deepEqual(complaintsAbout({ backup: { s3: { ...BUCKET, ...wrong } } }), [setting])
  })

test('backups go into a folder or to a store, not both', () => {
  for (const s3 of [
    {},
    { endpoint: 'https://s3.example.net/' },
    { endpoint: 'http://127.0.0.1:9000' },
    { endpoint: 'http://[::1]:9000' },
    { prefix: 'zegel/main/' },
  ])
    assert.deepEqual(complaintsAbout({ backup: { s3: { ...BUCKET, ...s3 } } }), [], JSON.stringify(s3))
  assert.deepEqual(complaintsAbout({ backup: { s3: BUCKET, target: '/mnt/backup' } }), ['backup'])
})
