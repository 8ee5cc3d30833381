import * as vscode from 'vscode';
import { CancelledError, FileError, FleetError } from '../../core/errors';

/**
 * Converts an error to one that VS Code understands: from the code it decides whether a file can be
 * created, saved elsewhere or retried.
 */
export function fileSystemError(error: unknown, uri: vscode.Uri): Error {
  if (error instanceof vscode.FileSystemError || error instanceof CancelledError) return error;
  if (!(error instanceof FleetError))
    return error instanceof Error ? error : new Error(String(error));
  const text = error.hint ? `${error.message}. ${error.hint}` : error.message;
  if (!(error instanceof FileError)) return vscode.FileSystemError.Unavailable(text);
  switch (error.errno) {
    case 'ENOENT':
      return vscode.FileSystemError.FileNotFound(uri);
    case 'EEXIST':
      return vscode.FileSystemError.FileExists(uri);
    case 'EISDIR':
      return vscode.FileSystemError.FileIsADirectory(uri);
    case 'ENOTDIR':
      return vscode.FileSystemError.FileNotADirectory(uri);
    case 'EROFS':
    case 'EACCES':
      return vscode.FileSystemError.NoPermissions(text);
    default:
      return vscode.FileSystemError.Unavailable(text);
  }
}
