/**
 * Stands in for a sidecar: uploads one attempt to the server given by its
 * arguments (base URL, API key, data directory, interpreter). Prints the
 * outcome, should there be one, and stays.
 */

import { createPythoniaUploader } from '../../src/wandb/pythonia-uploader.js';
import { uploadRequest } from './upload-request.js';

const [baseUrl = '', apiKey = '', dataDir = '', pythonBin = ''] = process.argv.slice(2);
const uploader = createPythoniaUploader({ dataDir, pythonBin });
setInterval(() => {}, 60_000);
console.log(JSON.stringify(await uploader.upload(uploadRequest({ baseUrl, apiKey }))));
