/**
 * Content that somebody has brought and that nothing refers to yet: attachments of a draft, letters to import.
 * Writes the table upload, and the blobs of its rows.
 */
export { addUpload, MOST_UPLOADS } from './add.ts'
export { dropUpload, findUpload, listUploads, type Upload } from './find.ts'
export { removeUpload } from './remove.ts'
