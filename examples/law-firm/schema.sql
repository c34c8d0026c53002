-- CreateTable
CREATE TABLE "Firm" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "name" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "Client" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "firmId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "ssn" TEXT NOT NULL,
    "ssnIndex" TEXT,
    "email" TEXT,
    "emailIndex" TEXT,
    "phone" TEXT,
    "dob" TEXT,
    "intake" JSONB,
    "city" TEXT,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Client_firmId_fkey" FOREIGN KEY ("firmId") REFERENCES "Firm" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Note" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "clientId" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Note_clientId_fkey" FOREIGN KEY ("clientId") REFERENCES "Client" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "fieldseal_key" (
    "keyId" TEXT NOT NULL PRIMARY KEY,
    "tenantRef" TEXT NOT NULL,
    "tenant" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "activeRef" TEXT,
    "kekUri" TEXT NOT NULL,
    "wrapped" BLOB,
    "prevWrapped" BLOB,
    "kcv" BLOB NOT NULL,
    "contextVersion" INTEGER NOT NULL,
    "rev" INTEGER NOT NULL,
    "stateSince" DATETIME NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "fieldseal_tenant" (
    "tenantRef" TEXT NOT NULL PRIMARY KEY,
    "tenant" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "since" DATETIME NOT NULL,
    "rev" INTEGER NOT NULL
);

-- CreateIndex
CREATE UNIQUE INDEX "Client_ssnIndex_key" ON "Client"("ssnIndex");

-- CreateIndex
CREATE INDEX "Client_firmId_idx" ON "Client"("firmId");

-- CreateIndex
CREATE INDEX "Client_emailIndex_idx" ON "Client"("emailIndex");

-- CreateIndex
CREATE INDEX "Note_clientId_idx" ON "Note"("clientId");

-- CreateIndex
CREATE UNIQUE INDEX "fieldseal_key_activeRef_key" ON "fieldseal_key"("activeRef");

-- CreateIndex
CREATE UNIQUE INDEX "fieldseal_key_tenantRef_purpose_version_key" ON "fieldseal_key"("tenantRef", "purpose", "version");
