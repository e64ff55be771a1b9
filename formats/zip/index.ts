/** Archives in the format ZIP (APPNOTE.TXT 6.3.10), written as a stream: nothing of them is kept but a line for each file. */
export { writeZip, type ZipFile } from './write.ts'
export { fileName, openNames } from './names.ts'
