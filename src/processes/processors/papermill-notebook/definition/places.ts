/** Where things are in a container of the predecessor's images. */
export const HOME = '/home/jovyan';
/** The same for every job: a link to the folder that the input `result_data_directory` names. */
export const RESULT_DATA = `${HOME}/result-data`;
export const BUCKET_MOUNT = `${HOME}/s3`;
export const GIT_MOUNT = `${HOME}/git`;
export const GIT_CHECKOUT = `${GIT_MOUNT}/algorithm`;
/** User and group of the predecessor's images. */
export const USER = 1000;
export const GROUP = 100;
