import { moto } from './moto.js';
import { rclone } from './rclone.js';
import type { RealStoreKind } from './real-store.js';
import { s3mock } from './s3mock.js';
import { s3proxy } from './s3proxy.js';
import { seaweedfs } from './seaweedfs.js';
import { versitygw } from './versitygw.js';

export const storeKinds: readonly RealStoreKind[] = [versitygw, seaweedfs, rclone, s3proxy, moto, s3mock];
