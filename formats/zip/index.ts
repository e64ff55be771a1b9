/**
 * Archives in the format ZIP (APPNOTE.TXT 6.3.10): written as a stream, of which nothing is kept but a line for each file, and read from
 * bytes, or from wherever they lie, bounded, whatever they say of themselves.
 */
export { writeZip, type ZipFile } from './write.ts'
export { fileName, openNames } from './names.ts'
export { headOf, isTooMuch, readZip, unpack, type Zip, type ZipEntry } from './read.ts'
export {
  openArchive,
  unpackFile,
  walkArchive,
  ZipDamage,
  type Archive,
  type ArchiveFile,
  type ZipReason,
  type ZipSource,
} from './archive.ts'
