// Asks for the bucket of a store with the server's own adapter, as built: certificate authorities are read when a process starts.
import { S3ObjectStore } from '../../dist/object-store/s3.object-store.js';

const [endpoint, key, secret, bucket] = process.argv.slice(2);
const store = new S3ObjectStore({ endpoint, key, secret, bucket });
await store.check().then(
  () => console.log('works'),
  (error) => console.log(error.message),
);
store.close();
