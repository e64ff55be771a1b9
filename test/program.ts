import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The first of these programs that is on the PATH. @throws Error when none is */
export function findProgram(...names: string[]): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const file = names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
  if (!file) throw new Error(`None of these is on the PATH: ${names.join(', ')}`)
  return file
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
