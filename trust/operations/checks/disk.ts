import { access, constants, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '#system'
import type { Database } from '#storage'
import { DAY_SECONDS, secondsBetween, type Check, type Figures, type Finding, type MachineContext } from '../check.ts'

/** Where something of the service lies. */
export type Place = 'data' | 'blobs' | 'backups'

interface Room {
  freeBytes: number
  sizeBytes: number
  freeFiles: number
  files: number
}

/** A share alone would cry wolf on a large disk, and bytes alone on a small one. */
const FULL = { share: 0.05, bytes: 1e9 }
const FULL_SHARE = 0.01
const FILLING = { share: 0.1, bytes: 50e9 }
const FILLING_DAYS = 14

/** Of the files (inodes) that a disk can have; a disk that counts none says 0. */
const FEW_FILES_SHARE = 0.05
const NO_FILES_SHARE = 0.005

/** Between the first day that is known and today: a shorter time says nothing of the next. */
const LEAST_DAYS = 7

/** What was before says nothing of the next weeks. */
const SAMPLED_DAYS = 30

export const disk: Check<'disk'> = { needs: 'machine', find: lookAtDisks }

async function readSamples({ sql }: Pick<Database, 'sql'>, at: Date): Promise<Sample[]> {
  const { rows } = await sql<{ place: Place; day: string; free_bytes: number }>`
    select place, day::text, free_bytes from disk_sample where day > ${new Date(at.getTime() - SAMPLED_DAYS * 1000 * DAY_SECONDS)}::date`
  return rows.map((row) => ({
    place: row.place,
    daysAgo: Math.floor(secondsBetween(new Date(row.day), at) / DAY_SECONDS),
    freeBytes: row.free_bytes,
  }))
}

/** Keeps of each disk how much was free when the day was first seen. */
export async function keepSamples({ sql }: Pick<Database, 'sql'>, found: readonly Finding[], at: Date): Promise<void> {
  const disks = found.filter(({ figures }) => typeof figures['freeBytes'] === 'number')
  await sql`
    insert into disk_sample (place, day, free_bytes)
    select place, ${at.toISOString().slice(0, 10)}::date, free
    from unnest(${disks.map(({ subject }) => subject)}::text[], ${disks.map(({ figures }) => figures['freeBytes'])}::bigint[])
      as given (place, free)
    on conflict do nothing`
}

/** Free bytes of a place on an earlier day. */
interface Sample {
  place: Place
  daysAgo: number
  freeBytes: number
}

async function lookAtDisks({ config, database, at }: MachineContext): Promise<Finding<'disk'>[]> {
  const samples = database === undefined ? [] : await readSamples(database, at)
  const data = await deviceOf(config.dataFolder)
  const found: Finding<'disk'>[] = []
  for (const [place, path] of placesOf(config)) {
    const device = await deviceOf(path)
    // What lies on the data folder's disk is no disk of its own; a folder for contents is made with the first large one.
    if (place === 'blobs' && (device === undefined || device === data)) continue
    found.push(
      await lookAt(
        place,
        await inUse(place, path, database),
        place === 'backups' && device === data,
        samples.filter((sample) => sample.place === place),
      ),
    )
  }
  return found
}

const placesOf = ({ dataFolder, backup }: Pick<Config, 'dataFolder' | 'backup'>): [Place, string][] => [
  ['data', dataFolder],
  ['blobs', join(dataFolder, 'blobs')],
  ...(backup.target === undefined ? [] : [['backups', backup.target] as [Place, string]]),
]

/** Where a place's room is: a folder for backups is made with the first one, so that until then it is that of the folder above. */
async function inUse(place: Place, path: string, database: Database | undefined): Promise<string> {
  if (place !== 'backups' || database === undefined || (await deviceOf(path)) !== undefined) return path
  const { rowCount } =
    await database.sql`select from backup where finished_at is not null and removed_at is null limit 1`
  let above = path
  while (rowCount === 0 && above !== dirname(above) && (await deviceOf(above)) === undefined) above = dirname(above)
  return above
}

async function deviceOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.dev
}

async function lookAt(
  place: Place,
  path: string,
  isOnDataDisk: boolean,
  samples: readonly Sample[],
): Promise<Finding<'disk'>> {
  const room = await roomOf(path).catch(() => undefined)
  if (room === undefined) return { subject: place, cause: 'unreachable', figures: {} }
  const days = daysUntilFull(room.freeBytes, samples)
  const figures: Figures = {
    freeBytes: room.freeBytes,
    sizeBytes: room.sizeBytes,
    freeShare: shareOf(room.freeBytes, room.sizeBytes),
    freeFiles: room.files === 0 ? null : room.freeFiles,
    freeFilesShare: room.files === 0 ? null : shareOf(room.freeFiles, room.files),
    fullInDays: days,
  }
  const canWrite = await access(path, constants.W_OK).then(
    () => true,
    () => false,
  )
  return { subject: place, cause: canWrite ? causeOf(room, days, isOnDataDisk) : 'unwritable', figures }
}

async function roomOf(path: string): Promise<Room> {
  const { bavail, blocks, bsize, ffree, files } = await statfs(path)
  return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize, freeFiles: ffree, files }
}

const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : Math.round((part / whole) * 1000) / 1000)

function causeOf(room: Room, days: number | null, isOnDataDisk: boolean): Finding<'disk'>['cause'] {
  const share = shareOf(room.freeBytes, room.sizeBytes)
  const filesShare = room.files === 0 ? 1 : room.freeFiles / room.files
  if (share < FULL_SHARE || (share < FULL.share && room.freeBytes < FULL.bytes)) return 'full'
  if (filesShare < NO_FILES_SHARE) return 'noFiles'
  if ((share < FILLING.share && room.freeBytes < FILLING.bytes) || (days !== null && days < FILLING_DAYS))
    return 'filling'
  if (filesShare < FEW_FILES_SHARE) return 'fewFiles'
  return isOnDataDisk ? 'sameDisk' : 'fine'
}

/**
 * In how many days a disk is full when it goes on as since the first day that is known. Null while fewer than seven days are, or
 * when it does not fill.
 */
export function daysUntilFull(freeBytes: number, samples: readonly Omit<Sample, 'place'>[]): number | null {
  const first = samples.toSorted((a, b) => b.daysAgo - a.daysAgo)[0]
  if (first === undefined || first.daysAgo < LEAST_DAYS) return null
  const perDay = (first.freeBytes - freeBytes) / first.daysAgo
  return perDay <= 0 ? null : Math.min(9999, Math.floor(freeBytes / perDay))
}
