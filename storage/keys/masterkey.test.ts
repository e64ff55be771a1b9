import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { newEpochKey, readEpochs, writeEpochs } from './masterkey.ts'

const folder = mkdtempSync(join(tmpdir(), 'zegel-master-key-'))
after(() => rmSync(folder, { recursive: true }))

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

test('the folders that the file is to lie in are made, for its owner alone', () => {
  const file = join(folder, 'not/yet/master.key')
  const epochs = new Map([[3, newEpochKey()]])
  writeEpochs(file, epochs)
  assert.deepEqual(readEpochs(file), epochs)
  assert.deepEqual([mode(file), mode(dirname(file)), mode(join(folder, 'not'))], ['400', '700', '700'])
})

test('where no file can be, the place is named and not the database', () => {
  const below = join(folder, 'a file')
  writeFileSync(below, '')
  const says = (file: string, code: string) => ({
    reason: 'invalid',
    fields: [`${file}: the master key cannot be kept or read there (${code})`],
  })
  const file = join(below, 'master.key')
  assert.throws(() => writeEpochs(file, new Map()), says(file, 'EEXIST'))
  mkdirSync(join(folder, 'a folder'))
  assert.throws(() => readEpochs(join(folder, 'a folder')), says(join(folder, 'a folder'), 'EISDIR'))
})
