import { createPythoniaUploader } from '../../src/wandb/pythonia-uploader.js';
import { pythonBin } from '../support/python.js';
import { uploaderContract } from '../support/uploader-contract.js';
import { startWandbServer } from '../support/wandb-server.js';

uploaderContract('the pythonia uploader', async () => {
  const server = await startWandbServer();
  const uploader = createPythoniaUploader({ dataDir: server.dir, pythonBin });
  return {
    uploader,
    server,
    close: async () => {
      await uploader.close();
      await server.close();
    },
  };
});
