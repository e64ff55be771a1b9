/**
 * Maildirs: what the names of their files and folders say, read and written. A letter's flags stand in the name of its file, the names of its
 * keywords in a file of its folder, its time in the file's.
 */
export { readMaildirPath, keywordsOf, timeOf, KEYWORDS_FILE, readKeywordNames, type MaildirPath } from './read.ts'
export { decodeFolder, encodeFolder, type MaildirFolder } from './folders.ts'
export { writeMaildir, type MaildirFile, type MaildirSource } from './write.ts'
