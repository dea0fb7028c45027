CREATE TABLE sucursales (id INT, cliente_id INT NOT NULL, nombre VARCHAR(120), direccion VARCHAR(200), ciudad VARCHAR(60), telefono VARCHAR(40), borrado SMALLINT DEFAULT 0);
CREATE TABLE boxes (id INT, cliente_id INT NOT NULL, sucursal_id INT, nombre VARCHAR(80), tipo VARCHAR(60));
CREATE TABLE profesionales (id INT, cliente_id INT NOT NULL, nombre VARCHAR(120), especialidad VARCHAR(80), correo VARCHAR(120), borrado SMALLINT DEFAULT 0);
CREATE TABLE prestaciones (id INT, cliente_id INT NOT NULL, nombre VARCHAR(150), minutos INT, precio NUMERIC(12,2), moneda VARCHAR(10), rubro VARCHAR(60));
CREATE TABLE pacientes (id INT, cliente_id INT NOT NULL, ficha INT, nombre VARCHAR(100), apellido_p VARCHAR(100), apellido_m VARCHAR(100), rut VARCHAR(20), fono VARCHAR(40), correo VARCHAR(120), sexo CHAR(1), nacimiento DATE, borrado SMALLINT DEFAULT 0, creado TIMESTAMP);
CREATE INDEX ON pacientes (cliente_id, id);
CREATE TABLE citas (id INT, cliente_id INT NOT NULL, folio INT, sucursal_id INT, paciente_id INT, profesional_id INT, box_id INT, prestacion_id INT, inicio TIMESTAMP, termino TIMESTAMP, estado VARCHAR(20), observacion TEXT, borrada SMALLINT DEFAULT 0, creado TIMESTAMP);
CREATE INDEX ON citas (cliente_id, id);
